// coordinator/ctl/print.h: the pieces that the commands print with.
#pragma once

#include <boost/json/value.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "coordinator/ctl/confirm.h"
#include "coordinator/ctl/look.h"
#include "coordinator/ctl/terminal.h"
#include "proto/values/ids.h"

namespace troth::ctl {

/// One line of a table of names and values.
void line(std::ostream& out, std::string_view name, std::string_view value);

/// One object on one line.
void json_line(std::ostream& out, const boost::json::value& value);

/// null for 0.
boost::json::value json_time(Millis at);
/// null for none.
boost::json::value json_epoch(EpochId epoch);
std::string text_of(EpochId epoch);

/// "1 record", "2 records".
std::string count_of(std::uint64_t count, std::string_view what);

}  // namespace troth::ctl
