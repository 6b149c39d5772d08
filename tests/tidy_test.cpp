// The rules of design.md §2 and style.md over the sources themselves. Each rule first shows on a bad snippet that it
// can fail, then holds for the whole tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/tidy/rules.h"

namespace troth::tidy {
namespace {

using Rule = std::function<Findings(const Source&)>;

std::size_t count(const Rule& rule, const std::string& path, const std::string& text) {
  return rule(make_source(path, text)).size();
}

/// Every hand-written source of the repository.
const std::vector<Source>& tree() {
  static const std::vector<Source> kTree = [] {
    std::vector<Source> sources;
    for (const auto& path : files_of(TROTH_SOURCE_DIR)) {
      const bool is_script = path == "dev" || path == ".ci/run" || ends_with(path, ".cmake") || ends_with(path, ".txt");
      if (!is_cpp(path) && !ends_with(path, ".proto") && !is_script) continue;
      sources.push_back(make_source(path, read_file(std::string(TROTH_SOURCE_DIR) + "/" + path)));
    }
    return sources;
  }();
  return kTree;
}

void expect_clean(const Rule& rule) {
  ASSERT_GT(tree().size(), 50u) << "the sources were not found";
  for (const auto& source : tree()) {
    for (const auto& found : rule(source)) ADD_FAILURE() << found;
  }
}

TEST(Tidy, CodeIsWhatIsNotCommentOrLiteral) {
  const auto code = make_source("a.cpp",
                                "#include \"x/y.h\"\n"
                                "int a = 1'000; // mutex\n"
                                "auto s = \"a\\\"mutex\"; char c = '\"'; /* mutex\n mutex */ int b;\n"
                                "auto r = R\"x(mutex \" )x\"; int mutex_end;\n")
                        .code;
  EXPECT_EQ(code,
            "#include \"x/y.h\"\n"
            "int a = 1'000;         \n"
            "auto s = \"        \"; char c = ' ';         \n          int b;\n"
            "auto r =                ; int mutex_end;\n");
}

TEST(Tidy, IncludesFollowTheArrows) {
  EXPECT_EQ(count(check_includes, "coordinator/core/a.cpp", "#include \"proto/values/ids.h\"\n#include <map>\n"), 0u);
  EXPECT_EQ(count(check_includes, "coordinator/core/a.cpp", "#include \"wal/log.h\"\n"), 1u);
  EXPECT_EQ(count(check_includes, "coordinator/core/a.cpp", "#  include <boost/asio.hpp>\n"), 1u);
  EXPECT_EQ(count(check_includes, "proto/values/a.h", "#include \"proto/codec/record_codec.h\"\n"), 1u);
  EXPECT_EQ(count(check_includes, "proto/codec/a.cpp", "#include \"proto/transport/io.h\"\n"), 1u);
  EXPECT_EQ(count(check_includes, "wal/a.cpp", "#include \"recovery/known.h\"\n#include \"proto/codec/x.h\"\n"), 2u);
  EXPECT_EQ(count(check_includes, "coordinator/engine/a.cpp", "#include \"proto/transport/io.h\"\n"), 1u);
  EXPECT_EQ(count(check_includes, "coordinator/ctl/a.cpp", "#include \"coordinator/server/routes.h\"\n"), 1u);
  EXPECT_EQ(count(check_includes, "participant-sdk/core/a.cpp", "#include \"coordinator/core/step.h\"\n"), 1u);
  EXPECT_EQ(count(check_includes, "recovery/a.cpp", "#include \"known.h\"\n"), 1u) << "from the top of the repository";
  EXPECT_EQ(count(check_includes, "nowhere/a.cpp", "#include \"wal/log.h\"\n"), 1u) << "a folder no arrow knows";
  expect_clean(check_includes);
}

TEST(Tidy, TheProductNeverIncludesTests) {
  EXPECT_EQ(count(check_includes, "coordinator/main.cpp", "#include \"tests/e2e/faults.h\"\n"), 1u);
  EXPECT_EQ(count(check_includes, "participant-sdk/a.cpp", "#include \"tests/tidy/rules.h\"\n"), 1u);
  EXPECT_EQ(count(check_includes, "tests/sdk/a.cpp", "#include \"tests/tidy/rules.h\"\n"), 0u);
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Tidy, FilesHaveAtMost400Lines) {
  EXPECT_EQ(count(check_file_size, "a.cpp", repeated("//\n", 400)), 0u);
  EXPECT_EQ(count(check_file_size, "a.cpp", repeated("//\n", 401)), 1u);
  expect_clean(check_file_size);
}

std::string function_of(const std::string& head, std::size_t lines) {
  return head + " {\n" + repeated("  if (x) { y(); }\n", lines - 2) + "}\n";
}

TEST(Tidy, FunctionsHaveAtMost70Lines) {
  const auto size = [](const std::string& text) { return count(check_function_size, "a.cpp", text); };
  for (const std::string head :
       {"int f(int x)", "template <class T> auto f(T x) -> int", "TEST(A, B)", "A::A() : b_(1)",
        "bool operator()(int) const noexcept", "static const auto f = [](int x)"}) {
    EXPECT_EQ(size(function_of(head, 70)), 0u) << head;
    EXPECT_EQ(size(function_of(head, 71)), 1u) << head;
    EXPECT_EQ(size("namespace a {\nclass B : public C {\n int d_{0};\n" + function_of(head, 71) + "};\n}\n"), 1u)
        << head;
  }
  EXPECT_EQ(size("A::A()\n    : b_{1},\n      c_(2) {\n" + repeated("  x();\n", 70) + "}\n"), 1u);
  EXPECT_EQ(size("struct A {\n" + repeated("  int f() { return 1; }\n", 90) + "};\n"), 0u);
  EXPECT_EQ(size("namespace a {\nenum class B {\n" + repeated("  kC,\n", 90) + "};\n}\n"), 0u);
  EXPECT_EQ(size("#define F(x) {\nvoid f() {\n}\n" + repeated("int g();\n", 90)), 0u);
  expect_clean(check_function_size);
}

TEST(Tidy, NothingFragileStandsAroundCoAwait) {
  const auto faults = [](const std::string& body) {
    return count(check_coroutines, "proto/transport/a.cpp", "awaitable<void> f(int x) {\n  " + body + "\n}\n");
  };
  for (const std::string bad :
       {"co_await f(Opts{1, x});", "co_await f({.name = x});", "auto y = co_await Opts{x};",
        "g(Opts{x}, co_await f());", "return Agg{co_await a(), 1};", "std::array<int, 2> a = {co_await f(), 1};",
        "co_await f(x ? a : b);", "x ? co_await f() : g();", "co_await [x]() -> awaitable<void> { co_return; }();",
        "co_await co_spawn(ex, [this] { return run(); }, use_awaitable);", "if (co_await f(Opts{})) {\n  }",
        "co_await f([x](int) { return x; });"}) {
    EXPECT_EQ(faults(bad), 1u) << bad;
  }
  for (const std::string good :
       {"co_await f(x, std::move(y), \"a{?\", 1);", "if (co_await f()) {\n    g(Opts{});\n  }",
        "auto [a, b] = co_await f();", "Opts o{1};\n  co_await f(o);", "while (!(co_await f(a[i]))) {\n  }",
        "for (auto& x : co_await f()) {\n    g();\n  }", "auto y = b ? 1 : 2;\n  co_await f(y);",
        "co_spawn(ex, [self]() -> awaitable<void> { co_await self->run(); }, detached);",
        "switch (x) {\n    case 1: co_await f(); break;\n  }", "try {\n    co_await f();\n  } catch (...) {\n  }",
        "if (a) {\n  } else {\n    x = co_await f();\n  }\n  g(Opts{});"}) {
    EXPECT_EQ(faults(good), 0u) << good;
  }
  expect_clean(check_coroutines);
}

TEST(Tidy, CoroutinesLiveInTransportOnly) {
  EXPECT_EQ(count(check_coroutines, "coordinator/server/a.cpp", "void f() {\n  co_await g();\n}\n"), 1u);
  EXPECT_EQ(count(check_coroutines, "coordinator/server/a.cpp", "// co_await is for transport\n"), 0u);
}

TEST(Tidy, CoreAndEngineArePure) {
  const auto impure = [](const std::string& text) { return count(check_purity, "coordinator/core/a.cpp", text); };
  for (const std::string bad : {"std::chrono::steady_clock::now();", "#include <mutex>", "std::random_device r;",
                                "int x = std::rand();", "std::thread t;", "boost::json::value v;", "sqlite3* db;"}) {
    EXPECT_EQ(impure(bad), 1u) << bad;
    EXPECT_EQ(count(check_purity, "coordinator/engine/a.h", bad), 1u) << bad;
    EXPECT_EQ(count(check_purity, "coordinator/server/a.h", bad), 0u) << bad;
  }
  EXPECT_EQ(impure("/// On the engine's thread.\nint branding; auto m = \"mutex\";\n"), 0u);
  expect_clean(check_purity);
}

TEST(Tidy, PublicHeadersSpeakTheWordsOfTheDesign) {
  const std::string path = "participant-sdk/include/troth/a.h";
  EXPECT_EQ(count(check_public_words, path, "/// Rolls back the branch; see sagas.\n"), 2u);
  EXPECT_EQ(count(check_public_words, path, "class ResourceManager; // a resource manager\n"), 1u);
  EXPECT_EQ(count(check_public_words, path, "/// Aborts the branch of this Resource.\n"), 0u);
  expect_clean(check_public_words);
}

TEST(Tidy, NoFaultIsSwitchedOnByThePreprocessorAndNothingIsLeftForLater) {
  EXPECT_EQ(count(check_leftovers, "wal/a.cpp", "#ifdef TROTH_FAULTS\n#endif\n"), 1u);
  EXPECT_EQ(count(check_leftovers, "wal/a.cpp", "# if defined(TROTH_INJECT_EIO)\n#endif\n"), 1u);
  EXPECT_EQ(count(check_leftovers, "wal/a.cpp", "#ifdef __linux__\n#endif\n"), 0u);
  EXPECT_EQ(count(check_leftovers, "tests/core/a.cpp", "#ifdef TROTH_MUTANT\n#endif\n"), 0u);
  EXPECT_EQ(count(check_leftovers, "dev",
                  "# TO"
                  "DO: later\n"),
            1u);
  expect_clean(check_leftovers);
}

TEST(Tidy, EveryFolderSaysWhatLivesThere) {
  EXPECT_EQ(check_readmes({"README.md", "wal/log.h"}).size(), 13u);
  for (const auto& found : check_readmes(files_of(TROTH_SOURCE_DIR))) ADD_FAILURE() << found;
}

TEST(Tidy, TheReadmeShowsTheMinimalParticipantAsItIs) {
  const std::string top = std::string(TROTH_SOURCE_DIR) + "/";
  const std::string example = read_file(top + "participant-sdk/examples/minimal.cpp");
  EXPECT_EQ(check_quotation("```cpp\nint a;\n```", "int b;\n").size(), 1u);
  EXPECT_EQ(check_quotation("```cpp\nint a;\n```", "").size(), 1u);
  EXPECT_EQ(check_quotation("```cpp\nint a;\n```", "int a;\n").size(), 0u);
  for (const auto& found : check_quotation(read_file(top + "README.md"), example)) ADD_FAILURE() << found;
  const auto lines = lines_of(example);
  EXPECT_LT(std::count_if(lines.begin(), lines.end(), [](const auto& line) { return !line.empty(); }), 30);
}

}  // namespace
}  // namespace troth::tidy
