// tests/mutants/changes.h: reads the lists of mutants and probes, and makes the changed copies of product files. Used
// by the build (mutate.cpp) and by its test. Pure but for `read_file`; every refusal is a std::runtime_error whose text
// names list, line, file and the text in question.
#pragma once

#include <string>
#include <vector>

namespace troth::mutants {

/// One text of one product file, and what stands in its place in the changed copy. Whole lines both.
struct Change {
  std::string file;  // from the top of the repository
  std::string product;
  std::string mutated;
  std::string list;  // where it is written, for messages and for the compiler's
  int line = 0;      // of the first line of `mutated`
  std::string of;    // the mutant or probe it stands under
};

struct Mutant {
  std::string name;     // kebab-case: it is given on command lines
  std::string rule;     // what is broken, and the section of design.md
  std::string harness;  // what test code does that asks for it by mutant::on; empty: nobody need ask
  std::string list;
  int line = 0;
};

/// All lists together.
struct Changes {
  std::vector<Mutant> mutants;
  std::vector<Change> changes;
};

std::string read_file(const std::string& path);

/// Adds what `text`, the content of the list `name`, says. The format: README.md.
void read_list(const std::string& name, const std::string& text, Changes& into);

/// Refuses names that are not kebab-case or stand twice, and a mutant that nothing depends on.
void check(const Changes& all);

/// The copy of `file` with all its changes. Each product text must stand in it exactly once, and none may overlap. The
/// compiler is told where each line comes from; `path` is what it calls the product's file.
std::string changed_copy(const Changes& all, const std::string& file, const std::string& path,
                         const std::string& product);

/// `send-before-durable` -> `kSendBeforeDurable`.
std::string id_of(const std::string& name);

/// The header with the enumeration of mutants, and the source with their names and rules.
std::string ids_header(const Changes& all);
std::string names_source(const Changes& all);

}  // namespace troth::mutants
