// participant-sdk/runtime/participant.cpp: the public face. Everything with a library in it stays behind Impl.
#include <troth/participant.h>

#include <cstdlib>
#include <mutex>
#include <random>
#include <stdexcept>

#include "participant-sdk/runtime/runtime.h"
#include "participant-sdk/runtime/url.h"

namespace troth {
namespace {

std::string random_name() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 4; ++i) name += nonce_to_text(random()).substr(1);
  return name;
}

void check(const Options& options) {
  const auto require = [](bool holds, const std::string& why) {
    if (!holds) throw std::invalid_argument("troth::Options: " + why);
  };
  require(is_participant_name(options.participant), "participant must match [a-z0-9][a-z0-9._-]{0,62}");
  require(options.instance.empty() || is_label(options.instance), "instance must be 1 to 64 printable characters");
  require(!options.pinned || !options.instance.empty(), "pinned needs a configured, stable instance name");
  require(options.threads >= 1 && options.threads <= 1024, "threads must be 1 to 1024");
  require(options.reconnect_min.count() >= 1 && options.reconnect_min <= options.reconnect_max,
          "reconnect_min must be at least 1 ms and not above reconnect_max");
}

sdk::LinkOptions link_options(const Options& options, Resource& resource) {
  sdk::LinkOptions link;
  link.url = sdk::websocket_url(options.coordinator, "/v1/session");
  link.hello.participant = options.participant;
  link.hello.instance = options.instance.empty() ? random_name() : options.instance;
  link.hello.incarnation = random_name();
  link.hello.routing = options.pinned ? Routing::kPinned : Routing::kAny;
  if (resource.has_one_phase()) link.hello.capabilities.emplace_back("one-phase");
  link.hello.window = sdk::kPrepareWindow;
  link.reconnect_min = options.reconnect_min.count();
  link.reconnect_max = options.reconnect_max.count();
  link.on_state = options.on_state;
  return link;
}

std::unique_ptr<sdk::SeenStore> seen_store(const Options& options, Resource& resource) {
  if (resource.keeps_seen()) return std::make_unique<sdk::ResourceSeen>(resource);
  try {
    return std::make_unique<sdk::FileSeen>(options.state_file.empty() ? options.participant + ".troth"
                                                                      : options.state_file);
  } catch (const std::runtime_error& error) {
    throw std::invalid_argument(error.what());
  }
}

}  // namespace

Options Options::from_environment(std::string participant) {
  Options options;
  options.participant = std::move(participant);
  const auto take = [](const char* name, std::string& value) {
    if (const char* set = std::getenv(name); set && *set) value = set;
  };
  take("TROTH_PARTICIPANT", options.participant);
  take("TROTH_COORDINATOR", options.coordinator);
  take("TROTH_INSTANCE", options.instance);
  take("TROTH_STATE_FILE", options.state_file);
  return options;
}

struct Participant::Impl {
  Impl(const Options& options, Resource& resource)
      : store(seen_store(options, resource)),
        pool(options.threads),
        runtime(io, pool, resource, *store, link_options(options, resource)) {}

  // Destroyed last to first; stop() has joined pool and io before.
  transport::Io io;
  std::unique_ptr<sdk::SeenStore> store;
  sdk::Pool pool;
  sdk::Runtime runtime;
  std::once_flag stopped;
};

Participant::Participant(Options options, Resource& resource) {
  check(options);
  impl_ = std::make_unique<Impl>(options, resource);
  impl_->runtime.start();
}

Participant::~Participant() {
  stop();
}

Enlistment Participant::enlist(const TransactionId& transaction, const std::string& key,
                               std::chrono::milliseconds timeout) {
  return impl_->runtime.enlist(transaction, key, timeout);
}

int Participant::run() {
  impl_->io.on_signal([this](int) { impl_->runtime.end_run(); });
  const bool final = impl_->runtime.wait_for_end();
  stop();
  return final ? 1 : 0;
}

void Participant::stop() {
  if (impl_->runtime.in_callback()) {
    throw std::logic_error("troth::Participant: stop() in a callback would wait for itself");
  }
  std::call_once(impl_->stopped, [this] {
    impl_->runtime.quiesce();
    impl_->pool.stop();
    impl_->runtime.close();
    impl_->io.stop();
  });
}

bool Participant::connected() const {
  return impl_->runtime.connected();
}

}  // namespace troth
