// proto/codec/checks.h: what a request must be beyond its syntax: names, labels, ranges. The same for JSON, Protobuf
// bodies and client sessions.
#pragma once

#include <optional>
#include <string>

#include "proto/codec/api_json.h"
#include "proto/codec/archive.h"
#include "proto/values/limits.h"
#include "proto/values/problem.h"
#include "proto/values/requests.h"

namespace troth::codec {

enum class Form : std::uint8_t { kJson, kProtobuf };

/// The problem a reader's error is.
Problem to_problem(const ReadError& error, Form form);

std::optional<Problem> check(const request::Begin& begin, const Limits& limits);
/// `pointer` is that of the branch in the request.
std::optional<Problem> check(const request::NewBranch& branch, const std::string& pointer);
std::optional<Problem> check(const CommitBody& body);
std::optional<Problem> check(const AbortBody& body);
std::optional<Problem> check(const ResolveBody& body);
std::optional<Problem> check(const ResolveGapBody& body);
std::optional<Problem> check(const RegisterBody& body);
std::optional<Problem> check(const RetireBody& body);

/// A JSON payload that came as text (Protobuf): must be JSON, and gets the one text of its content.
std::optional<Problem> settle_payload(request::NewBranch& branch, const std::string& pointer);
std::optional<Problem> settle_payloads(request::Begin& begin);

/// 16 bytes (XXH3-128) of what the request asks, however it was spelled; key and traceparent are no part of it.
std::string hash_of(const request::Begin& begin);

inline constexpr std::size_t kMaxReasonBytes = 1000;
inline constexpr std::size_t kMaxKeyBytes = 256;
inline constexpr std::size_t kMaxUrlBytes = 2048;
inline constexpr std::uint32_t kMaxConcurrency = 1000;
inline constexpr std::uint32_t kMaxCallTimeoutMs = 60'000;

}  // namespace troth::codec
