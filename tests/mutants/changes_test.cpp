// The lists must follow the code: what does not fit it exactly is refused, by list, line, file and text.
#include "tests/mutants/changes.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace troth::mutants {
namespace {

const std::string kProduct = "int f() {\n  a();\n  b();\n  a();\n  c();\n}\n";

std::string change(const std::string& product, const std::string& mutated) {
  return "---- product\n" + product + "---- mutated\n" + mutated + "----\n";
}

std::string mutant(const std::string& name, const std::string& changes = "", const std::string& rule = "x (§3)") {
  return "mutant " + name + "\nrule: " + rule + "\n" + (changes.empty() ? "" : "in f.cpp\n" + changes);
}

Changes changes_of(const std::string& list) {
  Changes all;
  read_list("list.txt", list, all);
  return all;
}

std::string copy_of(const std::string& list) {
  return changed_copy(changes_of(list), "f.cpp", "/top/f.cpp", kProduct);
}

/// What is said when `what` refuses; "" when it does not.
template <typename What>
std::string refusal(What what) {
  try {
    what();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Changes, StandInTheCopyAndTheCompilerKnowsWhereEachLineComesFrom) {
  const auto list = mutant("one-two", change("  b();\n", "  if (!mutant::on(mutant::Id::kOneTwo)) {\n    b();\n  }\n"));
  EXPECT_EQ(copy_of(list),
            "#include \"tests/mutants/mutant.h\"\n#line 1 \"/top/f.cpp\"\nint f() {\n  a();\n"
            "#line 7 \"list.txt\"\n  if (!mutant::on(mutant::Id::kOneTwo)) {\n    b();\n  }\n"
            "#line 4 \"/top/f.cpp\"\n  a();\n  c();\n}\n");
}

TEST(Changes, LeaveOtherFilesAsTheyAre) {
  const auto all = changes_of(mutant("one", change("  b();\n", "")));
  EXPECT_EQ(changed_copy(all, "g.cpp", "g.cpp", kProduct),
            "#include \"tests/mutants/mutant.h\"\n#line 1 \"g.cpp\"\n" + kProduct);
}

TEST(Changes, AreRefusedWhenTheTextIsNotInTheProduct) {
  const auto said = refusal([] { copy_of(mutant("one", change("  gone();\n", "  x();\n"))); });
  EXPECT_EQ(said,
            "list.txt:7: the product text of 'one' is not found in f.cpp; the mutant must follow the code:\n"
            "  gone();\n");
}

TEST(Changes, AreRefusedWhenTheTextStandsTwice) {
  const auto said = refusal([] { copy_of(mutant("one", change("  a();\n", "  x();\n"))); });
  EXPECT_NE(said.find("'one' stands 2 times in f.cpp"), std::string::npos) << said;
}

TEST(Changes, AreWholeLines) {
  EXPECT_NE(refusal([] { copy_of(mutant("one", change("b();\n", "x();\n"))); }), "");
  EXPECT_EQ(refusal([] { copy_of(mutant("one", change("  a();\n  b();\n", "  x();\n"))); }), "")
      << "the line before it tells the first from the second";
}

TEST(Changes, AreRefusedWhenTwoTouchTheSameLines) {
  const auto both = change("  b();\n", "x\n") + change("  b();\n  a();\n", "y\n");
  EXPECT_NE(refusal([&] { copy_of(mutant("one", both)); }).find("changes the same lines as 'one'"), std::string::npos);
  const auto overlap = change("  b();\n  a();\n", "x\n") + change("  a();\n  c();\n", "y\n");
  EXPECT_NE(refusal([&] { copy_of(mutant("one", overlap)); }).find("overlaps the lines of 'one'"), std::string::npos);
}

TEST(Changes, AreReadStrictly) {
  EXPECT_EQ(refusal([] { changes_of("# a comment\n\n" + mutant("one")); }), "");
  EXPECT_EQ(refusal([] { changes_of("mutant one\nrules: x\n"); }), "list.txt:2: not understood here: rules: x");
  EXPECT_NE(refusal([] { changes_of("rule: of nothing\n"); }), "");
  EXPECT_NE(refusal([] { changes_of("in f.cpp\n"); }), "") << "a file before any mutant";
  EXPECT_NE(refusal([] { changes_of("mutant one\n---- product\n"); }), "") << "a text before any file";
  EXPECT_NE(refusal([] { changes_of("mutant one\nin f.cpp\n---- product\nx\n"); }), "") << "no end";
  EXPECT_NE(refusal([] { changes_of("mutant one\nin f.cpp\n---- product\n---- mutated\nx\n----\n"); }), "");
}

TEST(Changes, HaveNamesForCommandLinesAndRulesAndSomethingThatAsks) {
  const auto checked = [](const std::string& list) { return refusal([&] { check(changes_of(list)); }); };
  const auto asks = [](const std::string& id) {
    return change("  b();\n", "  if (mutant::on(mutant::Id::" + id + "))\n");
  };
  EXPECT_EQ(checked(mutant("one-two", asks("kOneTwo"))), "");
  EXPECT_EQ(checked("mutant flag\nrule: x\nharness: asks\n"), "");
  EXPECT_NE(checked(mutant("flag")), "") << "nobody asks";
  EXPECT_NE(checked(mutant("one-two", asks("kOne"))), "") << "the change asks for another";
  EXPECT_NE(checked(mutant("OneTwo", asks("kOneTwo"))), "");
  EXPECT_NE(checked(mutant("one", asks("kOne")) + mutant("one", asks("kOne"))), "");
  EXPECT_NE(checked(mutant("one", asks("kOne"), "")), "");
}

/// Exit code and standard error of the program that the build runs.
std::pair<int, std::string> run_mutate(const std::string& arguments) {
  FILE* pipe = popen((std::string(TROTH_MUTATE) + " " + arguments + " 2>&1").c_str(), "r");
  std::string said;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) said.push_back(static_cast<char>(c));
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, said};
}

TEST(Mutate, FailsTheBuildWhenAListNoLongerFitsTheCode) {
  const auto top = std::filesystem::temp_directory_path() / ("troth_mutate_" + std::to_string(getpid()));
  std::filesystem::create_directories(top);
  const auto write = [&](const char* name, const std::string& text) { std::ofstream(top / name) << text; };
  const std::string arguments = "copy " + top.string() + " f.cpp " + (top / "copy.cpp").string() + " list.txt";
  const auto asks = "  if (mutant::on(mutant::Id::kOne)) b();\n";
  write("f.cpp", kProduct);
  write("list.txt", mutant("one", change("  b();\n", asks)));
  EXPECT_EQ(run_mutate(arguments).first, 0);
  EXPECT_NE(read_file((top / "copy.cpp").string()).find(asks), std::string::npos);
  write("f.cpp", "int f() {}\n");
  const auto [code, said] = run_mutate(arguments);
  EXPECT_EQ(code, 1);
  EXPECT_EQ(said.rfind("mutate: list.txt:7: the product text of 'one' is not found in f.cpp", 0), 0u) << said;
  EXPECT_EQ(run_mutate("copy").first, 2);
  std::filesystem::remove_all(top);
}

}  // namespace
}  // namespace troth::mutants
