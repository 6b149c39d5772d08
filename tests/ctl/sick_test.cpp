// What is said of a coordinator that is not well, and of a stream that breaks: against one that says what a test wants.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <thread>

#include "tests/ctl/run.h"

namespace troth::ctl {
namespace {

/// Answers each request with what stands for its path (`*`: for all), once per connection; the last answer of a path
/// stays.
class Scripted {
 public:
  struct Reply {
    int status = 200;
    std::string body;
    bool breaks_off = false;  // promises more than it sends
  };
  explicit Scripted(std::map<std::string, std::vector<Reply>> replies) : replies_(std::move(replies)) {
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
        answer(one);
        close(one);
      }
    });
  }
  ~Scripted() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<std::string> targets() {
    const std::lock_guard lock(mutex_);
    return targets_;
  }

 private:
  void answer(int socket) {
    std::string request;
    char byte = 0;
    while (request.find("\r\n\r\n") == request.npos && recv(socket, &byte, 1, 0) == 1) request += byte;
    const std::size_t begin = request.find(' ') + 1;
    const std::string target = request.substr(begin, request.find(' ', begin) - begin);
    Reply reply{404, "{}"};
    {
      const std::lock_guard lock(mutex_);
      targets_.push_back(target);
      auto& all = replies_[replies_.contains("*") ? "*" : target.substr(0, target.find('?'))];
      if (!all.empty()) reply = all.front();
      if (all.size() > 1) all.erase(all.begin());
    }
    const std::size_t promised = reply.body.size() + (reply.breaks_off ? 1 : 0);
    const std::string type =
        target.starts_with("/v1/outcomes") && !replies_.contains("*") ? "\r\nContent-Type: text/event-stream" : "";
    const std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\nConnection: close" + type +
                             "\r\nContent-Length: " + std::to_string(promised) + "\r\n\r\n" + reply.body;
    [[maybe_unused]] const auto ignored = send(socket, text.data(), text.size(), MSG_NOSIGNAL);
  }

  std::map<std::string, std::vector<Reply>> replies_;
  std::mutex mutex_;
  std::vector<std::string> targets_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// Metrics of a coordinator that is well, without the one named, and with other lines in the place of its own.
std::string metrics_without(const std::string& missing, const std::string& more = {}) {
  std::istringstream well(
      "troth_build_info{version=\"9.9.9\"} 1\ntroth_transactions_in_flight{phase=\"active\"} 0\n"
      "troth_branches_in_doubt 0\ntroth_oldest_in_doubt_seconds 0\ntroth_oldest_unacknowledged_seconds 0\n"
      "troth_oldest_undecided_seconds 0\ntroth_heuristics_unresolved 0\ntroth_unknown_answers_total 0\n"
      "troth_refused_total{reason=\"max_live\"} 0\ntroth_log_appended_lsn 7\ntroth_log_durable_lsn 7\n"
      "troth_log_free_bytes 9e12\ntroth_log_bytes 1048576\ntroth_log_reserve_ok 1\ntroth_log_records_after_set 5\n"
      "troth_log_fsync_duration_seconds_bucket{le=\"0.01\"} 9\n"
      "troth_log_fsync_duration_seconds_bucket{le=\"+Inf\"} 9\n");
  std::string text;
  for (std::string line; std::getline(well, line);) {
    const bool is_replaced = more.find(line.substr(0, line.find_first_of(" {"))) != more.npos;
    if (!is_replaced && (missing.empty() || !line.starts_with(missing))) text += line + "\n";
  }
  return text + more;
}

std::map<std::string, std::vector<Scripted::Reply>> healthy() {
  return {{"/readyz", {{200, "[+]log ok\n[+]disk ok\nready\n"}}},
          {"/metrics", {{200, metrics_without("")}}},
          {"/v1/participants", {{200, R"({"participants":[]})"}}}};
}

std::map<std::string, std::vector<Scripted::Reply>> sick() {
  return {{"/readyz", {{503, "[+]log ok\n[-]disk the log's disk is nearly full\nnot ready\n"}}},
          {"/metrics",
           {{200,
             "troth_build_info{version=\"9.9.9\"} 1\ntroth_transactions_in_flight{phase=\"committing\"} 3\n"
             "troth_branches_in_doubt 3\ntroth_oldest_in_doubt_seconds 900\ntroth_oldest_unacknowledged_seconds 900\n"
             "troth_oldest_undecided_seconds 900\ntroth_unknown_answers_total "
             "2\ntroth_refused_total{reason=\"max_live\"} 0\n"
             "troth_log_appended_lsn 9\ntroth_log_durable_lsn 9\n"
             "troth_heuristics_unresolved 2\ntroth_log_free_bytes 1048576\ntroth_log_bytes 1048576\n"
             "troth_log_reserve_ok 0\ntroth_log_records_after_set 5000000\n"
             "troth_log_fsync_duration_seconds_bucket{le=\"0.1\"} 1\n"
             "troth_log_fsync_duration_seconds_bucket{le=\"+Inf\"} 9\n"}}},
          {"/v1/participants",
           {{200, R"({"participants":[{"name":"bank-b","state":"disconnected","instances":[],"liveBranches":3,)"
                  R"("inDoubtBranches":3,"oldestInDoubtMs":900000,"hazards":2}]})"}}}};
}

TEST(SickCoordinator, StatusSaysWhyItIsNotReadyAndIsThree) {
  const Scripted server(sick());
  const Ran ran = run({"status", "--endpoint", server.endpoint()});
  EXPECT_EQ(ran.code, 3) << ran.err;
  for (const char* line : {"ready\tno: disk the log's disk is nearly full", "version\t9.9.9", "live\t3 (3 committing)",
                           "in doubt\t3 branches, the oldest for 15m00s", "heuristics\t2 to be put right",
                           "participants\t0 of 1 connected", "missing\tbank-b: not connected, with live branches"}) {
    EXPECT_NE(ran.out.find(line), std::string::npos) << line << "\n" << ran.out;
  }
  const Ran json = run({"status", "-o", "json", "--endpoint", server.endpoint()});
  EXPECT_NE(json.out.find("\"ready\":false"), std::string::npos) << json.out;
}

TEST(SickCoordinator, DoctorFindsEachFaultAndSaysWhatToDo) {
  const Scripted server(sick());
  const Ran ran = run({"doctor", "--endpoint", server.endpoint()});
  EXPECT_EQ(ran.code, 1) << ran.err;
  for (const char* line :
       {"reachable\tok\t", "ready\tfail\t", "version\twarn\t", "clock\tskip\t", "disk\tfail\t",
        "in doubt\tfail\t3 branches", "undecided\tfail\t", "told unknown\twarn\t2 ", "undelivered\tfail\t",
        "heuristics\tfail\t2 ", "participants\tfail\t", "log sync\twarn\t", "compaction\twarn\t"}) {
    const std::size_t at = ran.out.find(line);
    ASSERT_NE(at, std::string::npos) << line << "\n" << ran.out;
    const std::string row = ran.out.substr(at, ran.out.find('\n', at) - at);
    const bool is_fault = std::string(line).find("fail") != std::string::npos || row.find("warn") != row.npos;
    EXPECT_EQ(row.ends_with("\t-"), !is_fault) << "a fault comes with what to do about it: " << row;
  }
}

TEST(Doctor, FindsNothingWrongWithOneThatIsWell) {
  const Scripted server(healthy());
  const Ran ran = run({"doctor", "--endpoint", server.endpoint()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out.find("\tfail\t"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("\twarn\t"), ran.out.find("\twarn\tit is 9.9.9")) << ran.out;
  EXPECT_EQ(ran.out.find("\twarn\t"), ran.out.rfind("\twarn\t")) << "only its version: " << ran.out;
  EXPECT_EQ(run({"status", "--endpoint", server.endpoint()}).code, 0);
}

TEST(Doctor, DoesNotCallWhatItCannotSeeOk) {
  const std::pair<const char*, const char*> kMetrics[] = {{"troth_branches_in_doubt", "in doubt"},
                                                          {"troth_oldest_undecided_seconds", "undecided"},
                                                          {"troth_oldest_unacknowledged_seconds", "undelivered"},
                                                          {"troth_heuristics_unresolved", "heuristics"},
                                                          {"troth_unknown_answers_total", "told unknown"},
                                                          {"troth_refused_total", "refused"},
                                                          {"troth_log_durable_lsn", "log sync"},
                                                          {"troth_log_reserve_ok", "disk"},
                                                          {"troth_log_records_after_set", "compaction"}};
  for (const auto& [metric, check] : kMetrics) {
    auto replies = healthy();
    replies["/metrics"] = {{200, metrics_without(metric)}};
    const Scripted server(std::move(replies));
    const Ran ran = run({"doctor", "--endpoint", server.endpoint()});
    EXPECT_EQ(ran.code, 1) << metric;
    EXPECT_NE(ran.out.find(std::string(check) + "\tfail\tcannot tell: "), std::string::npos) << metric << ran.out;
  }
}

TEST(Doctor, AndStatusSayWhichSourceDidNotAnswer) {
  for (const char* path : {"/metrics", "/v1/participants"}) {
    auto replies = healthy();
    replies[path] = {{500, "<html>oops</html>"}};
    const Scripted server(std::move(replies));
    const Ran doctor = run({"doctor", "--endpoint", server.endpoint()});
    EXPECT_EQ(doctor.code, 1) << path;
    EXPECT_NE(doctor.out.find("fail\tcannot tell: "), std::string::npos) << doctor.out;
    const Ran status = run({"status", "--endpoint", server.endpoint()});
    EXPECT_EQ(status.code, 3) << path;
    EXPECT_NE(status.out.find("\tcannot tell: "), std::string::npos) << status.out;
    const Ran json = run({"status", "-o", "json", "--endpoint", server.endpoint()});
    EXPECT_NE(json.out.find("\"heuristics\":null"), std::string::npos) << json.out;
  }
}

TEST(Doctor, SeesALogThatStandsStillAndNotOneThatIsBusy) {
  const auto lsns = [](const std::string& appended, const std::string& durable) {
    return Scripted::Reply{
        200, metrics_without("", "troth_log_durable_lsn " + durable + "\ntroth_log_appended_lsn " + appended + "\n")};
  };
  for (const bool hangs : {true, false}) {
    auto replies = healthy();
    replies["/metrics"] = {lsns("20", "3"), hangs ? lsns("21", "3") : lsns("30", "13")};
    const Scripted server(std::move(replies));
    const Ran ran = run({"doctor", "--endpoint", server.endpoint()});
    EXPECT_EQ(ran.code, hangs ? 1 : 0) << ran.out;
    EXPECT_EQ(ran.out.find("log sync\tfail\t") != std::string::npos, hangs) << ran.out;
  }
}

TEST(Doctor, WarnsOfRefusalsThatGoOnOnly) {
  for (const bool goes_on : {true, false}) {
    auto replies = healthy();
    const auto refused = [](int count) {
      return Scripted::Reply{200,
                             metrics_without("", "troth_refused_total{reason=\"max_live\"} " + std::to_string(count) +
                                                     "\ntroth_refused_total{reason=\"backlog\"} 0\n")};
    };
    replies["/metrics"] = {refused(5), refused(goes_on ? 8 : 5)};
    const Scripted server(std::move(replies));
    const Ran ran = run({"doctor", "--endpoint", server.endpoint()});
    const char* row = goes_on ? "refused\twarn\t3 requests while this looked; since the start: max_live\t"
                              : "refused\tok\tnothing now, 5 since the start\t";
    EXPECT_NE(ran.out.find(row), std::string::npos) << ran.out;
  }
}

TEST(OutcomesWatch, GoesOnAfterTheLastIdWhenTheStreamBreaks) {
  const auto event = [](const char* id) {
    return std::string("id: ") + id + "\nevent: committed\ndata: {\"transaction\":\"T" + id + "\"}\n\n";
  };
  Scripted server({{"/v1/outcomes", {{200, event("7"), true}, {200, ": nothing\n\n" + event("9"), true}}}});
  const Ran ran = run({"outcomes", "watch", "--limit", "2", "-o", "name", "--endpoint", server.endpoint()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "T7\nT9\n");
  EXPECT_NE(ran.err.find("going on after LSN 7"), std::string::npos) << ran.err;
  EXPECT_EQ(server.targets(), (std::vector<std::string>{"/v1/outcomes", "/v1/outcomes?after=7"}));
}

TEST(OutcomesWatch, EndsWhenTheCursorIsTooOld) {
  Scripted server({{"/v1/outcomes",
                    {{410, R"({"type":"urn:troth:problem:cursor-expired","status":410,"detail":"It is too old."})"}}}});
  const Ran ran = run({"outcomes", "watch", "--after", "1", "--endpoint", server.endpoint()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("hint: leave --after out"), std::string::npos) << ran.err;
}

/// Everything a web server may have in the place of trothd.
const std::string kSomeId = "07q2m9xw4e3ta-0-3-1fk2mzq-118204";

std::vector<std::vector<std::string>> changing() {
  return {{"tx", "begin"},
          {"tx", "begin", "--branch", "bank-a", "--commit"},
          {"tx", "commit", kSomeId},
          {"tx", "abort", kSomeId},
          {"tx", "retry", kSomeId + ".1"},
          {"participants", "register", "a", "--url", "http://b"},
          {"participants", "remove", "a", "--yes"}};
}

std::vector<std::vector<std::string>> looking() {
  return {{"status"},
          {"doctor"},
          {"tx", "list"},
          {"tx", "list", "--watch"},
          {"tx", "show", kSomeId},
          {"tx", "watch", kSomeId},
          {"tx", "resolve", kSomeId, "--outcome", "committed", "--reason", "x", "--yes"},  // looks first
          {"tx", "resolve", kSomeId + ".1", "--commit", "--reason", "x", "--yes"},         // ends at its dry run
          {"participants", "list"},
          {"participants", "show", "a"},
          {"participants", "retire", "a", "--reason", "x", "--yes"},  // ends at its dry run
          {"outcomes", "watch"}};
}

class Foreign : public ::testing::TestWithParam<Scripted::Reply> {};

TEST_P(Foreign, IsNeverTakenForTrothd) {
  const Scripted server({{"*", {GetParam()}}});
  const std::string status = std::to_string(GetParam().status);
  const auto ends_with = [&](std::vector<std::string> words, int code) {
    words.insert(words.end(), {"--endpoint", server.endpoint()});
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, code) << words[0] << words[1] << ran.out << ran.err;
    EXPECT_NE((ran.out + ran.err).find("answers " + status), std::string::npos) << words[0] << words[1] << ran.err;
    EXPECT_EQ((ran.out + ran.err).find("<html>"), std::string::npos) << ran.out;
    words.insert(words.end(), {"-o", "json"});
    const Ran json = run(words);
    EXPECT_EQ(json.code, code) << json.err;
    const bool says = json.err.find("\"status\":" + status) != std::string::npos || words[0] == "doctor";
    EXPECT_TRUE(says) << words[0] << words[1] << json.err;
  };
  for (const auto& words : changing()) ends_with(words, 6);
  for (const auto& words : looking()) ends_with(words, 3);
}

INSTANTIATE_TEST_SUITE_P(Answers, Foreign,
                         ::testing::Values(Scripted::Reply{200, "<html>hello</html>"},
                                           Scripted::Reply{200, R"({"hello":"you"})"},
                                           Scripted::Reply{404, "<html>no</html>"},
                                           Scripted::Reply{409, "<html>no</html>"},
                                           Scripted::Reply{503, "<html>later</html>"}));

TEST(AskOperator, SaysWhetherTheIdIsInAGapOrTheLogMayBeAnOldCopy) {
  const std::string start = R"({"type":"urn:troth:problem:ask-operator","status":409,"detail":"It is not known.")";
  const std::string path = "/v1/transactions/" + kSomeId;
  for (const bool is_gap : {true, false}) {
    const std::string rest = is_gap ? R"(,"transaction":{"allowedActions":[{"action":"resolve-committed"}]}})" : "}";
    Scripted server({{path, {{409, start + rest}}}});
    const Ran shown = run({"tx", "show", kSomeId, "--endpoint", server.endpoint()});
    EXPECT_EQ(shown.code, 5) << shown.err;
    EXPECT_EQ(shown.err.find("tx resolve") != std::string::npos, is_gap) << shown.err;
    EXPECT_EQ(shown.err.find("old copy") != std::string::npos, !is_gap) << shown.err;
    const Ran resolved = run(
        {"tx", "resolve", kSomeId, "--outcome", "aborted", "--reason", "x", "--yes", "--endpoint", server.endpoint()});
    EXPECT_EQ(resolved.err.find("would change") != std::string::npos, is_gap) << resolved.err;
    EXPECT_EQ(resolved.code, is_gap ? 6 : 5) << "in a gap it is sent, and the answer is no trothd's: " << resolved.err;
  }
}

TEST(Watch, EndsAfterItsRoundsEvenIfALookFails) {
  const Scripted::Reply empty{200, R"({"transactions":[],"nextPageToken":null})"};
  const Scripted::Reply starting{503, R"({"type":"urn:troth:problem:starting","status":503,"detail":"Wait."})"};
  Scripted server({{"/v1/transactions", {empty, starting, empty, starting}}});
  const Ran ran =
      run({"tx", "list", "--watch", "--rounds", "2", "--interval", "100ms", "--endpoint", server.endpoint()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(server.targets().size(), 3u);
}

TEST(Register, KeepsTheSecretOutOfWhatIsNamed) {
  const Scripted server({{"*", {{201, R"({"participant":{"name":"a"},"secret":"whsec_7"})"}}}});
  const Ran ran =
      run({"participants", "register", "a", "--url", "http://b", "-o", "name", "--endpoint", server.endpoint()});
  EXPECT_EQ(ran.out, "a\n") << ran.err;
  EXPECT_NE(ran.err.find("whsec_7"), std::string::npos) << "it is never shown again: " << ran.err;
}

TEST(NotTroth, SaysHowToSeeWhoAnswers) {
  const Scripted server({{"*", {{418, "<html>teapot</html>"}}}});
  const Ran ran = run({"tx", "list", "--endpoint", server.endpoint()});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("answers 418"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(" status`"), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find("version"), std::string::npos) << ran.err;
}

TEST(NotTroth, AnAnswerAboutAnotherTransactionIsNoSuccess) {
  const Scripted server(
      {{"*", {{200, R"({"id":"07q2m9xw4e3ta-0-3-1fk2mzq-7","phase":"finished","n":2,"name":"b"})"}}}});
  for (std::vector<std::string> words :
       {std::vector<std::string>{"tx", "commit", kSomeId}, {"tx", "abort", kSomeId}, {"tx", "retry", kSomeId + ".1"}}) {
    words.insert(words.end(), {"--endpoint", server.endpoint()});
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, 6) << words[1] << ran.err;
    EXPECT_TRUE(ran.out.empty()) << ran.out;
  }
}

}  // namespace
}  // namespace troth::ctl
