// participant-sdk/runtime/thrown.h: code of the service is called from threads of ours, where nobody catches.
#pragma once

#include <exception>
#include <string>

namespace troth::sdk {

/// Runs `call`. Why it threw, of whatever type; empty: it did not.
template <class F>
std::string thrown_by(F&& call) {
  try {
    call();
    return {};
  } catch (const std::exception& error) {
    const std::string what = error.what();
    return what.empty() ? "an exception without text" : what;
  } catch (...) {
    return "an exception of unknown type";
  }
}

}  // namespace troth::sdk
