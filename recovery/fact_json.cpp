#include "recovery/fact_json.h"

#include <array>
#include <concepts>

#include "proto/codec/api_json.h"
#include "proto/codec/describe_record.h"
#include "proto/codec/json_text.h"

namespace troth {

/// Beside the words of api.md (proto/values/words.h): found by the writer like those.
static std::string_view word(fact::OperatorAct act) {
  constexpr std::array<std::string_view, 6> kWords = {"settled_commit", "settled_abort", "forgot",
                                                      "retired",        "gap_committed", "gap_aborted"};
  return kWords.at(static_cast<std::size_t>(act));
}

namespace recovery {
namespace {

constexpr std::array<std::string_view, 17> kKinds = {"epoch_started",
                                                     "prepare_started",
                                                     "one_phase_started",
                                                     "commit_decided",
                                                     "abort_told",
                                                     "ended",
                                                     "gap_opened",
                                                     "checkpoint",
                                                     "heuristic_reported",
                                                     "operator_acted",
                                                     "participant_registered",
                                                     "participant_changed",
                                                     "participant_removed",
                                                     "horizon",
                                                     "commit_bits",
                                                     "client_window",
                                                     "mark"};
static_assert(kKinds.size() >= std::variant_size_v<Fact>);

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

/// An archive (proto/codec/archive.h) that writes what the log's own description of a fact names.
class FactWriter {
 public:
  static constexpr bool kReading = false;
  static constexpr bool kJson = true;
  explicit FactWriter(std::string& out) : out_(out) {}

  template <class T>
  void object(const T& message) {
    out_ += '{';
    first_ = true;
    codec::describe(*this, message);
    out_ += '}';
    first_ = false;
  }
  void object(const fact::GapOpened& gap) {
    out_ += "{\"from\":";
    put(gap.from);
    out_ += ",\"to\":";
    put(gap.to);
    out_ += ",\"at\":";
    put(gap.at);
    out_ += '}';
  }
  template <class T>
  void field(std::uint32_t /*number*/, const char* name, const T& value) {
    key(name);
    put(value);
  }
  void field(std::uint32_t /*number*/, const char* name, const std::string& text) {
    key(name);
    const bool is_none = text.empty() && std::string_view(name) != "key";
    is_none ? void(out_ += "null") : codec::append_quoted(out_, text);
  }
  template <class T>
  void required(std::uint32_t number, const char* name, const T& value) {
    field(number, name, value);
  }
  void bytes(std::uint32_t /*number*/, const char* name, const std::string& value) {
    const bool is_secret = std::string_view(name) == "secret";
    key(name);
    if (value.empty()) {
      out_ += "null";
    } else {
      codec::append_quoted(out_, is_secret ? "not shown" : to_hex(value));
    }
  }
  void fixed32(std::uint32_t /*number*/, const char* name, std::uint32_t value) {
    key(name);
    codec::append_quoted(out_, nonce_to_text(value));
  }
  template <class T>
  void list(std::uint32_t /*number*/, const char* name, const std::vector<T>& values) {
    key(name);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out_ += ',';
      put(values[i]);
    }
    out_ += ']';
  }

 private:
  void key(const char* name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void put(bool value) { out_ += value ? "true" : "false"; }
  void put(std::uint64_t value) { out_ += std::to_string(value); }
  void put(std::uint32_t value) { out_ += std::to_string(value); }
  void put(Millis at) { at == 0 ? void(out_ += "null") : codec::append_quoted(out_, codec::rfc3339(at)); }
  template <class E>
  requires std::is_enum_v<E>
  void put(E value) { codec::append_quoted(out_, word(value)); }
  void put(const TransactionId& id) { codec::append_quoted(out_, to_text(id)); }
  void put(EpochId epoch) {
    out_ += "{\"epoch\":" + std::to_string(epoch.epoch) + ",\"nonce\":";
    codec::append_quoted(out_, nonce_to_text(epoch.nonce));
    out_ += '}';
  }
  template <class T>
  requires std::is_class_v<T>
  void put(const T& message) { object(message); }

  std::string& out_;
  bool first_ = true;
};

}  // namespace

std::string_view kind_word(const Fact& fact) {
  return kKinds.at(fact.index());
}

std::string to_json(const Fact& fact) {
  std::string out;
  std::visit([&out](const auto& chosen) { FactWriter(out).object(chosen); }, fact);
  return out;
}

}  // namespace recovery
}  // namespace troth
