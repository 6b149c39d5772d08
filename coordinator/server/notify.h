// coordinator/server/notify.h: tells the service manager that started this process how far it is (systemd's
// Type=notify). Not libsystemd: it would bring six more libraries into the process for one datagram, whose form is a
// documented and stable interface (sd_notify(3)) and meant to be implemented anew.
#pragma once

#include <string>

#include "coordinator/core/transaction.h"

namespace troth::server {

/// All of these send one datagram to the socket that NOTIFY_SOCKET names; without that variable they do nothing. Any
/// thread. What cannot be sent within five seconds is dropped: a service manager that does not listen must not stop a
/// coordinator.

/// It serves. `status` is one line for people.
void notify_ready(const std::string& status);
/// It is draining, for at most `drain_ms`; then it closes the log.
void notify_stopping(Millis drain_ms);
/// A start makes progress: do not take it for one that hangs. To be repeated within kNotifyPatienceMs.
void notify_starting(const std::string& status);

/// How long a manager waits for the next sign of a start; also what it adds to a drain for closing the log. Within it
/// one sync of a slow disk must end.
inline constexpr Millis kNotifyPatienceMs = 120'000;

}  // namespace troth::server
