// SPDX-License-Identifier: Apache-2.0
#include "remoting/remoting_client.h"

#include "base/assert.h"
#include "remoting/client_channel.h"

#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace gantry {

namespace {

/// Where invokeSync() waits. Shared with the callback, which may come after the wait was given up.
struct SyncResult
{
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<Result<RemotingCommand>> result;
};

// Every call ends by its deadline; if a loop is stuck, do not stick with it.
constexpr std::chrono::seconds kSyncGrace{10};

} // namespace

struct RemotingClient::Impl : std::enable_shared_from_this<RemotingClient::Impl>
{
    Impl(IoRuntime& ioRuntime, Options clientOptions, std::shared_ptr<const Dispatcher> dispatcher)
        : runtime(ioRuntime)
        , options(clientOptions)
        , requests(std::move(dispatcher))
    {}

    /// Null after stop().
    std::shared_ptr<ClientChannel> channelFor(const std::string& address)
    {
        const std::lock_guard guard(mutex);
        if (isStopped) {
            return nullptr;
        }
        auto& channel = channels[address];
        if (!channel) {
            auto& loop =
                static_cast<EventLoopImpl&>(runtime.loop(nextLoopIndex++ % runtime.loopCount()));
            channel = std::make_shared<ClientChannel>(
                runtime, loop.shared_from_this(), address, options, requests,
                [self = weak_from_this()](const std::string& closed) {
                    if (const auto impl = self.lock()) {
                        impl->onClosed(closed);
                    }
                });
        }
        return channel;
    }

    void submit(const std::string& address, Call call)
    {
        call.request.language = options.language;
        if (const auto channel = channelFor(address)) {
            channel->submit(std::move(call));
            return;
        }
        runtime.nextLoop().post([cancelled = std::move(call)]() mutable {
            cancelled.finish(fail(Errc::Cancelled, "the client has stopped"));
        });
    }

    void onClosed(const std::string& address)
    {
        std::function<void(const std::string&)> listener;
        {
            const std::lock_guard guard(mutex);
            listener = closeListener;
        }
        if (listener) {
            listener(address);
        }
    }

    IoRuntime& runtime;
    const Options options;
    const std::shared_ptr<const Dispatcher> requests;

    std::mutex mutex; // guards what follows
    bool isStopped = false;
    std::size_t nextLoopIndex = 0;
    std::unordered_map<std::string, std::shared_ptr<ClientChannel>> channels;
    std::function<void(const std::string&)> closeListener;
};

RemotingClient::RemotingClient(IoRuntime& runtime, Options options,
                               std::shared_ptr<const Dispatcher> requests)
    : m_impl(std::make_shared<Impl>(runtime, options, std::move(requests)))
{}

RemotingClient::~RemotingClient()
{
    stop();
}

void RemotingClient::invokeAsync(const std::string& address, RemotingCommand request,
                                 std::chrono::milliseconds timeout, Connection::InvokeCallback done)
{
    GANTRY_ASSERT(done, "request {} without a callback", request.code);
    request.flag &= ~RemotingCommand::kOnewayFlag;
    m_impl->submit(address, Call(std::move(request), timeout, std::move(done)));
}

Result<RemotingCommand> RemotingClient::invokeSync(const std::string& address,
                                                   RemotingCommand request,
                                                   std::chrono::milliseconds timeout)
{
    GANTRY_ASSERT(EventLoopImpl::current() == nullptr,
                  "waiting for request {} on a loop would block what it waits for", request.code);
    const auto code = request.code;
    const auto shared = std::make_shared<SyncResult>();
    invokeAsync(address, std::move(request), timeout, [shared](Result<RemotingCommand> result) {
        const std::lock_guard guard(shared->mutex);
        shared->result = std::move(result);
        shared->arrived.notify_one();
    });
    std::unique_lock lock(shared->mutex);
    if (!shared->arrived.wait_for(lock, timeout + kSyncGrace,
                                  [&] { return shared->result.has_value(); })) {
        return fail(Errc::Timeout, "request {} to {} got no answer: the event loop is stuck",
                    requestCodeName(code), address);
    }
    return std::move(*shared->result);
}

void RemotingClient::sendOneway(const std::string& address, RemotingCommand request,
                                std::function<void(Result<>)> done)
{
    constexpr std::chrono::milliseconds kConnectingMax{60'000}; // the connect timeout comes first
    request.flag |= RemotingCommand::kOnewayFlag;
    Connection::InvokeCallback taken;
    if (done) {
        taken = [callback = std::move(done)](Result<RemotingCommand> result) {
            callback(result ? Result<>() : tl::unexpected<Error>(std::move(result.error())));
        };
    }
    m_impl->submit(address, Call(std::move(request), kConnectingMax, std::move(taken)));
}

void RemotingClient::setCloseListener(std::function<void(const std::string& address)> listener)
{
    const std::lock_guard guard(m_impl->mutex);
    m_impl->closeListener = std::move(listener);
}

void RemotingClient::closeChannel(const std::string& address)
{
    std::shared_ptr<ClientChannel> channel;
    {
        const std::lock_guard guard(m_impl->mutex);
        if (const auto found = m_impl->channels.find(address); found != m_impl->channels.end()) {
            channel = found->second;
        }
    }
    if (channel) {
        channel->disconnect({Errc::ConnectionClosed,
                             fmt::format("the connection to {} was closed here", address), -1});
    }
}

void RemotingClient::stop()
{
    std::unordered_map<std::string, std::shared_ptr<ClientChannel>> channels;
    {
        const std::lock_guard guard(m_impl->mutex);
        m_impl->isStopped = true;
        channels.swap(m_impl->channels);
        m_impl->closeListener = nullptr;
    }
    for (const auto& [address, channel] : channels) {
        channel->shutDown();
    }
    if (EventLoopImpl::current() == nullptr) {
        // Nobody is called back after this; twice, because closing may leave a last task behind.
        runOnEveryLoop(m_impl->runtime, [](EventLoopImpl&) {});
        runOnEveryLoop(m_impl->runtime, [](EventLoopImpl&) {});
    }
}

Error remoteError(const RemotingCommand& response, std::string_view what)
{
    const auto remark =
        response.remark.empty() ? std::string_view("no remark") : std::string_view(response.remark);
    return {Errc::Remote,
            fmt::format("{}: {} ({}): {}", what, responseCodeName(response.code), response.code,
                        remark),
            response.code};
}

} // namespace gantry
