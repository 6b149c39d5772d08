// tests/e2e/chaos/audit.h: is what was told true? From the participants' files, as anyone could read them, and from the
// coordinator's answers.
#pragma once

#include <string>
#include <vector>

#include "proto/transport/http_client.h"
#include "tests/e2e/chaos/traffic.h"

namespace troth::chaos {

struct Findings {
  std::vector<std::string> mismatches;  // told one thing, and another is there; or there, and told to nobody
  std::vector<std::string> lost;        // told committed, and not there
  std::uint64_t in_doubt = 0;           // prepared at a participant

  bool clean() const { return mismatches.empty() && lost.empty() && in_doubt == 0; }
};

/// `files` are the participants' databases. Every job that was told in their life must be in `told`, and nothing may be
/// under way.
void check_books(const std::vector<std::string>& files, const std::vector<Told>& told, Findings& findings);

/// Branches prepared and not settled, of all `files`.
std::uint64_t prepared_in(const std::vector<std::string>& files);

/// Asks the coordinator about each: the outcome must be the one that was told.
void check_outcomes(transport::HttpClient& client, const std::vector<const Told*>& asked, Findings& findings);

/// Asks for the end of each once more: it must be the same transaction with the same outcome.
struct Repeat {
  const Told* told = nullptr;
  Request request;
};
void check_repeats(transport::HttpClient& client, const std::vector<Repeat>& repeats, Findings& findings);

/// Nothing that an operator should look at: no heuristic, no hazard.
void check_attention(transport::HttpClient& client, Findings& findings);

}  // namespace troth::chaos
