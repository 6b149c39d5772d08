// The pieces that every command is made of: exit codes, times, tables, suggestions, Prometheus' text, event streams;
// and what is said when nobody answers.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "coordinator/ctl/event_stream.h"
#include "coordinator/ctl/json_guard.h"
#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/scrape.h"
#include "coordinator/ctl/suggest.h"
#include "coordinator/ctl/values.h"
#include "tests/ctl/run.h"

namespace troth::ctl {
namespace {

Slug slug_at(std::size_t i) {
  return static_cast<Slug>(i);
}

TEST(ExitCode, EveryProblemHasTheOneOfApiMd) {
  const std::map<std::string_view, int> kOthers = {{"aborted", 7},
                                                   {"unknown-transaction", 4},
                                                   {"unknown-participant", 4},
                                                   {"unknown-branch", 4},
                                                   {"expired", 4},
                                                   {"committed", 5},
                                                   {"prepare-began", 5},
                                                   {"branch-conflict", 5},
                                                   {"no-branches", 5},
                                                   {"participant-in-use", 5},
                                                   {"participant-conflict", 5},
                                                   {"action-refused", 5},
                                                   {"ask-operator", 5},
                                                   {"revision-changed", 5},
                                                   {"idempotency-key-reused", 5},
                                                   {"starting", 3},
                                                   {"draining", 3},
                                                   {"disk-full", 3},
                                                   {"overloaded", 3}};
  for (std::size_t i = 0; i < kSlugCount; ++i) {
    const auto found = kOthers.find(info(slug_at(i)).text);
    EXPECT_EQ(exit_code_of(slug_at(i)), found == kOthers.end() ? 1 : found->second) << info(slug_at(i)).text;
    EXPECT_FALSE(hint_for(slug_at(i), {"ID", "bank-a"}, "trothctl").empty()) << info(slug_at(i)).text;
  }
}

TEST(ExitCode, WhatIsNoProblemOfOursGoesByHowItCame) {
  const auto code = [](int status, bool sent, bool changes) {
    Answer answer;
    answer.status = status;
    answer.sent = sent;
    answer.changes = changes;
    return exit_code_of(answer);
  };
  EXPECT_EQ(code(0, false, true), 3);
  EXPECT_EQ(code(0, true, false), 3) << "looking changes nothing";
  EXPECT_EQ(code(0, true, true), 6);
  for (const int status : {200, 202, 302, 404, 409, 500, 503}) {
    EXPECT_EQ(code(status, true, false), 3) << status << ": it is no coordinator that says so";
    EXPECT_EQ(code(status, true, true), 6) << status << ": a coordinator behind it may have acted";
  }
}

const char* kId = "07q2m9xw4e3ta-0-3-1fk2mzq-118204";

TEST(Unreachable, IsThreeForEveryClientAndSaysWhatToLookAt) {
  const std::string id = kId;
  const std::vector<std::vector<std::string>> kAll = {
      {"status"},
      {"tx", "list"},
      {"tx", "list", "--watch"},
      {"tx", "show", id},
      {"tx", "watch", id},
      {"tx", "begin"},
      {"tx", "commit", id},
      {"tx", "abort", id},
      {"tx", "retry", id + ".1"},
      {"tx", "resolve", id + ".1", "--commit", "--reason", "x", "--yes"},
      {"participants", "list"},
      {"participants", "show", "a"},
      {"participants", "register", "a", "--url", "http://b"},
      {"participants", "retire", "a", "--reason", "x", "--yes"},
      {"participants", "remove", "a", "--yes"},
      {"outcomes", "watch"}};
  for (std::vector<std::string> words : kAll) {
    words.insert(words.end(), {"--endpoint", "http://127.0.0.1:1"});
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, 3) << words[0] << words[1] << ran.err;
    EXPECT_TRUE(ran.out.empty()) << ran.out;
    EXPECT_NE(ran.err.find("hint: is trothd running there?"), std::string::npos) << ran.err;
  }
  const Ran doctor = run({"doctor", "--endpoint", "http://127.0.0.1:1"});
  EXPECT_EQ(doctor.code, 3);
  EXPECT_NE(doctor.out.find("reachable\tfail"), std::string::npos) << doctor.out;
}

/// Takes connections, reads what comes and closes without a word.
class Mute {
 public:
  Mute() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    listen(fd_, 8);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int one = accept(fd_, nullptr, nullptr); one >= 0; one = accept(fd_, nullptr, nullptr)) {
        char buffer[4096];
        [[maybe_unused]] const auto ignored = recv(one, buffer, sizeof buffer, 0);
        close(one);
      }
    });
  }
  ~Mute() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST(Unreachable, IsSaidSoonByStatusAndDoctorWhenTrothdHangs) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  listen(fd, 8);  // the kernel takes the connection, and nobody ever reads from it
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string endpoint = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run({"status", "--endpoint", endpoint}).code, 3);
  EXPECT_EQ(run({"doctor", "--endpoint", endpoint}).code, 3);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(kAnswerMs));
  close(fd);
}

TEST(LostAnswer, IsSixForWhatChangesAndSaysHowToTryAgain) {
  const Mute mute;
  const Ran commit = run({"tx", "commit", kId, "--endpoint", mute.endpoint()});
  EXPECT_EQ(commit.code, 6) << commit.err;
  EXPECT_NE(commit.err.find("hint: trying again is safe"), std::string::npos) << commit.err;
  const Ran begin = run({"tx", "begin", "--endpoint", mute.endpoint(), "--key", "k7"});
  EXPECT_EQ(begin.code, 6) << begin.err;
  EXPECT_NE(begin.err.find("--key k7"), std::string::npos) << begin.err;
  EXPECT_EQ(run({"tx", "show", kId, "--endpoint", mute.endpoint()}).code, 3);
  const Ran json = run({"tx", "commit", kId, "--endpoint", mute.endpoint(), "-o", "json"});
  EXPECT_NE(json.err.find("\"type\":\"urn:troth:ctl:unknown\""), std::string::npos) << json.err;
}

TEST(LostAnswer, AnotherEndpointIsNotAskedOnceOneMayHaveActed) {
  const Mute mute;
  const Ran ran = run({"tx", "commit", kId, "--endpoint", mute.endpoint() + ",http://127.0.0.1:1"});
  EXPECT_EQ(ran.code, 6) << ran.err;
}

TEST(Suggestion, IsAtMostTwoSlipsAway) {
  EXPECT_EQ(edit_distance("list", "list"), 0u);
  EXPECT_EQ(edit_distance("lsit", "list"), 1u) << "neighbours swapped are one slip";
  EXPECT_EQ(edit_distance("resolv", "resolve"), 1u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(mistyped_verb({"participant", "list"})->nearest, "participants");
  EXPECT_EQ(mistyped_verb({"-o", "json", "tx", "reslve", "x"})->nearest, "resolve");
  EXPECT_EQ(mistyped_verb({"completely", "else"})->nearest, "");
  EXPECT_FALSE(mistyped_verb({"tx", "list"}));
  EXPECT_EQ(mistyped_option(find_verb("transactions", "resolve"), {"tx", "resolve", "x", "--resaon", "--why"})->nearest,
            "--reason");
  EXPECT_FALSE(mistyped_option(find_verb("transactions", "resolve"), {"tx", "resolve", "x", "--reason", "--why"}))
      << "a value that looks like an option";
}

TEST(Time, IsWrittenShortAndReadStrictly) {
  EXPECT_EQ(duration_text(0), "0ms");
  EXPECT_EQ(duration_text(999), "999ms");
  EXPECT_EQ(duration_text(59'999), "59s");
  EXPECT_EQ(duration_text(192'000), "3m12s");
  EXPECT_EQ(duration_text(2 * 3'600'000 + 5 * 60'000), "2h05m");
  EXPECT_EQ(duration_text(3 * 86'400'000LL + 4 * 3'600'000), "3d04h");
  EXPECT_EQ(parse_time("1970-01-02T00:00:01.250Z"), 86'401'250);
  for (const char* bad : {"", "1970-01-02", "1970-01-02T00:00:01Z", "1970-01-02T00:00:01.250Zx"}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
  EXPECT_EQ(read_duration("--x", "250ms"), 250);
  EXPECT_EQ(read_duration("--x", "2h"), 7'200'000);
  for (const char* bad : {"", "5", "m", "1.5s", "-3s", "3 s", "99999999999999999999s"}) {
    EXPECT_THROW(read_duration("--x", bad), UsageError) << bad;
  }
}

TEST(Table, ThatIsWiderThanTheTerminalHasALineForEachCell) {
  Table table({"A", "B", "LONG"});
  table.add({"1", "", "words and words"});
  table.add({"2", "x", "more"});
  const auto printed = [&](std::size_t width, bool aligned) {
    std::ostringstream out;
    Look look;
    look.aligned = aligned;
    look.width = width;
    table.print_fitting(out, look);
    return out.str();
  };
  const std::string wide = "A  B  LONG\n1  -  words and words\n2  x  more\n";
  EXPECT_EQ(printed(0, true), wide) << "nobody knows how wide it is";
  EXPECT_EQ(printed(21, true), wide);
  EXPECT_EQ(printed(20, true), "A     1\nLONG  words and words\n\nA     2\nB     x\nLONG  more\n");
  EXPECT_EQ(printed(20, false), "A\tB\tLONG\n1\t-\twords and words\n2\tx\tmore\n");
}

TEST(Printable, IsWhatCannotSteerATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\tc\nd\x7f\xc2\x9b"
                      "e"),
            "a [31mb c d  e");
  EXPECT_EQ(printable("Zürich → Ω 😀"), "Zürich → Ω 😀");
  EXPECT_EQ(printable("a\u202eb\u2066c\u2028d\u061ce"), "a b c d e");
  std::ostringstream guarded;
  JsonGuard guard(guarded);
  std::ostream(&guard) << "{\"label\":\"Zürich 😀 \u009b \u202e\"}\n";
  EXPECT_EQ(guarded.str(), "{\"label\":\"Zürich 😀 \\u009b \\u202e\"}\n") << "the same JSON";
}

TEST(Scrape, ReadsWhatPrometheusReads) {
  const Scrape scrape(
      "# HELP a b\na{x=\"1\",y=\"q\\\"}z\"} 2\na{x=\"2\"} 3.5\nb 7\n"
      "h_bucket{le=\"0.1\"} 98\nh_bucket{le=\"0.5\"} 99\nh_bucket{le=\"+Inf\"} 100\n");
  EXPECT_EQ(scrape.sum("a"), 5.5);
  EXPECT_EQ(scrape.all("a")[0].labels.at("y"), "q\"}z");
  EXPECT_EQ(scrape.sum("b"), 7.0);
  EXPECT_EQ(scrape.sum("c"), std::nullopt);
  EXPECT_EQ(scrape.quantile("h", 0.5), 0.1);
  EXPECT_EQ(scrape.quantile("h", 0.99), 0.5);
  EXPECT_EQ(scrape.quantile("c", 0.99), std::nullopt);
  const auto checks = read_checks("[+]log ok\n[-]disk the log's disk is full\nnot ready\n");
  ASSERT_EQ(checks.size(), 2u);
  EXPECT_TRUE(checks[0].is_ok);
  EXPECT_EQ(checks[1].why, "the log's disk is full");
}

TEST(EventStream, ComesInAnyPieces) {
  const std::string stream =
      ": hello\n\nid: 7\nevent: committed\ndata: {\"a\":1}\n\nid: 9\n\nevent: aborted\r\ndata: x\n\n";
  for (std::size_t size = 1; size < stream.size(); ++size) {
    EventReader reader;
    std::vector<Event> events;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      reader.feed(stream.substr(at, size), [&](const Event& event) {
        events.push_back(event);
        return true;
      });
    }
    ASSERT_EQ(events.size(), 2u) << size;
    EXPECT_EQ(events[0].id, "7");
    EXPECT_EQ(events[0].name, "committed");
    EXPECT_EQ(events[0].data, "{\"a\":1}");
    EXPECT_EQ(events[1].name, "aborted");
    EXPECT_EQ(events[1].id, "");
    EXPECT_EQ(reader.last_id(), "9") << "an id without an event is a place to go on from";
  }
}

TEST(Endpoint, IsRefusedInWordsWhenItIsNone) {
  for (const char* bad : {"", "https://127.0.0.1:7400", "http://127.0.0.1:99999", "http://127.0.0.1:7400/v1",
                          "http://:7", "127.0.0.1", "http://127.0.0.1:0"}) {
    const Ran ran = run({"tx", "list", "--endpoint", bad});
    EXPECT_EQ(ran.code, 2) << bad << ran.err;
    EXPECT_NE(ran.err.find("http://HOST:PORT"), std::string::npos) << bad << ran.err;
    EXPECT_EQ(run({"__complete", "tx", "show", "--endpoint", bad, ""}).code, 0) << "Tab goes on";
  }
  EXPECT_EQ(run({"version"}).code, 0);
  EXPECT_EQ(run({"tx", "list", "--watch", "--interval", "0s", "--endpoint", "127.0.0.1:1"}).code, 2);
}

TEST(Values, AreRefusedInWordsThatNameTheOption) {
  EXPECT_EQ(read_target(std::string(kId) + ".2").branch, 2u);
  EXPECT_FALSE(read_target(kId).branch);
  EXPECT_THROW(read_target("x"), UsageError);
  for (const char* placeholder : {"", "…", "TEXT"}) {
    Typed typed;
    typed.set("--reason", {placeholder});
    EXPECT_THROW(read_reason(typed), UsageError) << placeholder;
  }
  EXPECT_EQ(percent_encoded("a b/ü"), "a%20b%2F%C3%BC");
}

}  // namespace
}  // namespace troth::ctl
