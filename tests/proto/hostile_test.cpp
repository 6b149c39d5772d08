// Bytes that nobody honest sends: cut off, mutated, inflated. Nothing crashes, nothing allocates wildly, and what is
// accepted can be written and read again.
#include <gtest/gtest.h>

#include <random>

#include "proto/codec/api_proto.h"
#include "proto/codec/client_codec.h"
#include "proto/codec/record_codec.h"
#include "proto/codec/session_codec.h"
#include "tests/proto/counting_new.h"
#include "tests/proto/samples.h"

namespace troth::codec {
namespace {

constexpr std::uint32_t kMaxMessages = 256;
constexpr std::uint32_t kMaxPayload = 65536;

bool accepts_frame(const std::string& bytes) {
  const auto result = decode_frame(bytes, kMaxMessages, kMaxPayload);
  const auto* frame = std::get_if<session::Frame>(&result);
  if (frame == nullptr) return false;
  const auto again = decode_frame(encode(*frame), kMaxMessages, kMaxPayload);
  EXPECT_TRUE(std::holds_alternative<session::Frame>(again));
  return true;
}
bool accepts_requests(const std::string& bytes) {
  const auto result = decode_from_client(bytes, Limits{});
  const auto* frame = std::get_if<client_session::FromClient>(&result);
  if (frame == nullptr) return false;
  const auto again = decode_from_client(encode(*frame), Limits{});
  EXPECT_TRUE(std::holds_alternative<client_session::FromClient>(again));
  return true;
}
bool accepts_replies(const std::string& bytes) {
  const auto result = decode_to_client(bytes);
  const auto* frame = std::get_if<client_session::ToClient>(&result);
  if (frame == nullptr) return false;
  EXPECT_TRUE(std::holds_alternative<client_session::ToClient>(decode_to_client(encode(*frame))));
  return true;
}
bool accepts_begin(const std::string& bytes) {
  return std::holds_alternative<request::Begin>(read_begin(bytes, Limits{}));
}
template <int kKind>
bool accepts_record(const std::string& bytes) {
  const auto fact = decode_fact(kKind, bytes);
  if (!fact) return false;
  EXPECT_EQ(decode_fact(kKind, encode(*fact)), fact);
  return true;
}

struct Target {
  const char* name;
  bool (*accepts)(const std::string&);
  std::string seed;
};
std::vector<Target> targets() {
  const std::string json =
      R"({"label":"ü","timeoutMs":30000,"wait":"completed","onePhase":false,"branches":[{"participant":"a","key":"k",)"
      R"("payload":{"x":[1,-2.5e3,"\u00e9",null,true]}},{"participant":"b","payloadBase64":"AP8="}],"commit":true})";
  return {{"frame", accepts_frame, encode(samples::frame())},
          {"requests", accepts_requests, encode(samples::from_client())},
          {"replies", accepts_replies, encode(samples::to_client())},
          {"json", accepts_begin, json},
          {"commit decided", accepts_record<4>, encode(samples::facts()[3])},
          {"client window", accepts_record<16>, encode(samples::facts()[15])}};
}

TEST(Hostile, TheSeedsAreAccepted) {
  for (const auto& target : targets()) EXPECT_TRUE(target.accepts(target.seed)) << target.name;
}

TEST(Hostile, CutAtEveryByteIsRefusedOrWhole) {
  for (const auto& target : targets()) {
    std::size_t accepted = 0;
    for (std::size_t size = 0; size < target.seed.size(); ++size) {
      accepted += target.accepts(target.seed.substr(0, size)) ? 1 : 0;
    }
    // Only a cut between two top-level fields leaves a message, and there are few of these.
    EXPECT_LT(accepted, 40u) << target.name;
  }
}

std::string mutated(std::string bytes, std::mt19937_64& random) {
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (auto rounds = 1 + below(4); rounds > 0 && !bytes.empty(); --rounds) {
    const auto at = below(bytes.size());
    switch (below(6)) {
      case 0: bytes[at] = static_cast<char>(random()); break;
      case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
      case 2: bytes.erase(at, 1 + below(8)); break;
      case 3: bytes.insert(at, 1 + below(8), static_cast<char>(random())); break;
      case 4: bytes.insert(at, bytes.substr(below(bytes.size()), below(64))); break;
      default: bytes[at] = static_cast<char>(below(2) == 0 ? 0xff : 0x00); break;
    }
  }
  return bytes;
}

/// Fixed part: messages of errors and what a frame that is accepted costs to be written again.
constexpr std::size_t kFixedBytes = 256 * 1024;

TEST(Hostile, RandomMutationsNeverCrashNorAllocateWildly) {
  std::mt19937_64 random(20240611);
  for (const auto& target : targets()) {
    std::size_t accepted = 0;
    for (int i = 0; i < 4000; ++i) {
      const auto bytes = mutated(target.seed, random);
      const auto before = tests::allocated_bytes;
      accepted += target.accepts(bytes) ? 1 : 0;
      ASSERT_LT(tests::allocated_bytes - before, kFixedBytes + 64 * bytes.size()) << target.name << " round " << i;
    }
    EXPECT_GT(accepted, 0u) << target.name;
    EXPECT_LT(accepted, 4000u) << target.name;
  }
}

TEST(Hostile, RandomBytesNeverCrash) {
  std::mt19937_64 random(7);
  for (const auto& target : targets()) {
    for (int i = 0; i < 2000; ++i) {
      std::string bytes(random() % 64, '\0');
      for (auto& byte : bytes) byte = static_cast<char>(random());
      target.accepts(bytes);
    }
  }
}

std::string repeated(std::string_view piece, std::size_t total) {
  std::string bytes;
  while (bytes.size() < total) bytes += piece;
  return bytes;
}

TEST(Hostile, AMebibyteOfEmptyMessagesCostsNothing) {
  const std::size_t mebibyte = 1 << 20;
  const struct {
    const char* name;
    bool (*accepts)(const std::string&);
    std::string bytes;
  } floods[] = {
      {"empty messages", accepts_frame, repeated(std::string_view("\x1a\x00", 2), mebibyte)},
      {"empty goodbyes", accepts_frame, repeated(std::string_view("\x1a\x03\x82\x01\x00", 5), mebibyte)},
      {"empty requests", accepts_requests, repeated(std::string_view("\x12\x00", 2), mebibyte)},
      {"begins", accepts_requests, repeated(std::string_view("\x12\x04\x08\x01\x52\x00", 6), mebibyte)},
      {"empty replies", accepts_replies, repeated(std::string_view("\x12\x00", 2), mebibyte)},
      {"ended", accepts_record<6>, repeated(std::string_view("\x0a\x00", 2), mebibyte)},
      {"told", accepts_record<16>, repeated(std::string_view("\x1a\x00", 2), mebibyte)},
  };
  for (const auto& flood : floods) {
    const auto before = tests::allocated_bytes;
    EXPECT_FALSE(flood.accepts(flood.bytes)) << flood.name;
    EXPECT_LT(tests::allocated_bytes - before, mebibyte) << flood.name;
  }
}

TEST(Hostile, ALengthBeyondTheInputAllocatesNothing) {
  const auto before = tests::allocated_bytes;
  EXPECT_FALSE(accepts_frame(std::string("\x1a\xff\xff\xff\xff\x07", 6)));
  EXPECT_FALSE(accepts_record<4>(std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10)));
  EXPECT_LT(tests::allocated_bytes - before, 4096u);
}

}  // namespace
}  // namespace troth::codec
