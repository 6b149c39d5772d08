#include "proto/transport/io.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <future>
#include <optional>

#include "proto/transport/io_core.h"

namespace troth::transport {

void Registry::shut(const void* owner) {
  std::vector<Closable*> chosen;
  for (const auto& [what, whose] : open_) {
    if (owner == nullptr || whose == owner) chosen.push_back(what);
  }
  for (Closable* what : chosen) {
    if (open_.contains(what)) what->shut();  // shutting one may have shut another
  }
}

void IoCore::run_and_wait(const std::function<void()>& work) {
  if (!on_io_thread()) {
    std::promise<void> done;
    if (post([&] {
          work();
          done.set_value();
        })) {
      done.get_future().wait();
      return;
    }
  }
  work();
}

struct Io::Impl {
  Impl() : guard(asio::make_work_guard(core->context())) {
    std::promise<void> running;
    thread = std::thread([this, &running] {
      core->thread_id_ = std::this_thread::get_id();
      running.set_value();
      core->context().run();
    });
    running.get_future().wait();
  }

  void stop() {
    {
      std::lock_guard lock(core->mutex_);
      if (!core->stopping_) {
        core->stopping_ = true;
        // What was posted before runs before: the queue is in order.
        asio::post(core->context(), [this] {
          core->registry.shut(nullptr);
          signals.reset();
          core->context().stop();
        });
      }
    }
    if (thread.joinable()) thread.join();
  }

  // Destroys the context while handles may still be held: outside the lock, since handlers that die with it may post.
  void drop_context() {
    guard.reset();
    std::unique_ptr<asio::io_context> context;
    {
      std::lock_guard lock(core->mutex_);
      context = std::move(core->context_);
    }
  }

  void wait_signal(std::shared_ptr<std::function<void(int)>> handler) {
    signals->async_wait([this, handler](boost::system::error_code error, int number) {
      if (error) return;
      wait_signal(handler);
      (*handler)(number);
    });
  }

  std::shared_ptr<IoCore> core = std::make_shared<IoCore>();
  asio::executor_work_guard<Executor> guard;
  std::optional<asio::basic_signal_set<Executor>> signals;
  std::thread thread;
};

std::shared_ptr<IoCore> core_of(Io& io) {
  return io.impl().core;
}

Io::Io() : impl_(std::make_unique<Impl>()) {}

Io::~Io() {
  impl_->stop();
  impl_->drop_context();
}

void Io::post(std::function<void()> work) {
  impl_->core->post(std::move(work));
}

void Io::after(Millis delay_ms, std::function<void()> work) {
  impl_->core->post([core = impl_->core.get(), delay_ms, work = std::move(work)]() mutable {
    auto timer = std::make_shared<Timer>(core->executor(), std::chrono::milliseconds(delay_ms));
    timer->async_wait([timer, work = std::move(work)](boost::system::error_code error) {
      if (!error) work();
    });
  });
}

void Io::on_signal(std::function<void(int)> handler) {
  // Here and now, not on the io thread: after this returns no signal kills the process.
  impl_->signals.emplace(impl_->core->executor(), SIGTERM, SIGINT);
  impl_->wait_signal(std::make_shared<std::function<void(int)>>(std::move(handler)));
}

void Io::stop() {
  impl_->stop();
}

}  // namespace troth::transport
