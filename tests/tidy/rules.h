// tests/tidy/rules.h: the rules over the sources (design.md §2, style.md). Each returns what is wrong, one line per
// finding, as `path:line: what`; nothing when all is well. There is no list of exceptions.
#pragma once

#include <string>
#include <vector>

#include "tests/tidy/source.h"

namespace troth::tidy {

using Findings = std::vector<std::string>;

inline constexpr std::size_t kMaxFileLines = 400;
inline constexpr std::size_t kMaxFunctionLines = 70;

/// A folder includes only what the arrows of design.md §2 allow, written from the top of the repository.
Findings check_includes(const Source& source);
Findings check_file_size(const Source& source);
Findings check_function_size(const Source& source);
/// g++ 12 destroys some temporaries of a full expression with co_await twice: none of these may stand in one.
Findings check_coroutines(const Source& source);
/// The protocol is pure: no clock, random number, thread, file or socket in core, nor in the engine.
Findings check_purity(const Source& source);
/// Public headers speak the words of design.md §1.
Findings check_public_words(const Source& source);
/// No fault is switched on by the preprocessor, and nothing is left for later.
Findings check_leftovers(const Source& source);

/// The folders that must explain themselves and do not.
Findings check_readmes(const std::vector<std::string>& files);
/// README.md shows the example as it is.
Findings check_quotation(const std::string& readme, const std::string& example);

}  // namespace troth::tidy
