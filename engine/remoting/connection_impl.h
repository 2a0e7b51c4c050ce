// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/limits.h"
#include "protocol/command_codec.h"
#include "remoting/connection.h"
#include "remoting/dispatcher.h"
#include "remoting/event_loop_impl.h"
#include "remoting/output_queue.h"
#include "remoting/pending_table.h"

#include <atomic>
#include <optional>

namespace gantry {

struct ConnectionOptions
{
    std::size_t frameBytesMax = limits::kFrameBytesMax;
    std::size_t writeQueueBytesMax = limits::kConnectionWriteQueueBytesMax;
    std::chrono::milliseconds idleTimeout{120'000};
    HeaderEncoding requestEncoding = HeaderEncoding::Json; ///< responses are always JSON
};

/// A connected socket on its loop. Everything but the public interface's entry points runs on the
/// loop.
class ConnectionImpl final : public Connection,
                             public LoopResident,
                             public std::enable_shared_from_this<ConnectionImpl>
{
public:
    using ClosedHandler = std::function<void(const std::shared_ptr<ConnectionImpl>&)>;

    /// The socket is connected and belongs to the loop's context. A null dispatcher refuses every
    /// request.
    ConnectionImpl(std::shared_ptr<EventLoopImpl> loop, Tcp::socket socket,
                   const Tcp::endpoint& peer, const ConnectionOptions& options,
                   std::shared_ptr<const Dispatcher> dispatcher);
    ~ConnectionImpl() override;
    ConnectionImpl(const ConnectionImpl&) = delete;
    ConnectionImpl& operator=(const ConnectionImpl&) = delete;

    [[nodiscard]] std::uint64_t id() const override { return m_id; }
    [[nodiscard]] const HostAddress& peer() const override { return m_peer; }
    [[nodiscard]] const HostAddress& local() const override { return m_local; }
    [[nodiscard]] bool isOpen() const override { return m_isOpen.load(std::memory_order_acquire); }
    [[nodiscard]] EventLoop& loop() override { return *m_loop; }
    [[nodiscard]] EventLoopImpl& loopImpl() { return *m_loop; }
    void send(RemotingCommand command) override;
    void invoke(RemotingCommand request, std::chrono::milliseconds timeout,
                InvokeCallback done) override;
    void close() override;
    [[nodiscard]] Traffic traffic() const override;
    [[nodiscard]] std::int64_t openedWallMs() const override { return m_openedWallMs; }

    /// Like invoke(), with a deadline that may have begun earlier.
    void invokeCall(Call call);
    /// Bytes given to send() and invoke() that the system has not taken yet. Any thread.
    [[nodiscard]] std::size_t queuedBytes() const
    {
        return m_queuedBytes.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t queuedBytesMax() const { return m_options.writeQueueBytesMax; }

    // On the loop:
    void start(ClosedHandler closed);
    /// Pending calls get the reason. `atOnce` calls back before it returns, otherwise that happens
    /// a little later on the loop, outside of whoever closes.
    void closeWith(const Error& reason, bool atOnce = false);
    void flush();
    void performCall(Call call, std::size_t countedBytes);
    void performSend(RemotingCommand command, std::size_t countedBytes);
    void onLoopStopping() override;
    void onSweep(std::chrono::steady_clock::time_point now) override;

private:
    using Time = std::chrono::steady_clock::time_point;

    void startRead();
    void onRead(const asio::error_code& error, std::size_t count);
    void adaptReadSize(std::size_t offered, std::size_t count);
    void takeFrames();
    void onFrame(ByteView frame);
    void onCommand(RemotingCommand command);
    [[nodiscard]] bool enqueue(RemotingCommand command, HeaderEncoding encoding);
    void enqueueOrClose(RemotingCommand command);
    void markDirty();
    void waitWritable();
    void onBroken(std::string_view what, const asio::error_code& error);
    void closeForProtocol(const Error& error);
    void dropOutput();
    void finishClose(const Error& reason);
    void refuse(Call call, Errc code, std::string text);
    void armDeadline();
    void onDeadline();
    void addQueuedBytes(std::size_t bytes)
    {
        m_queuedBytes.fetch_add(bytes, std::memory_order_relaxed);
    }
    void removeQueuedBytes(std::size_t bytes)
    {
        m_queuedBytes.fetch_sub(bytes, std::memory_order_relaxed);
    }

    const std::shared_ptr<EventLoopImpl> m_loop;
    Tcp::socket m_socket;
    const std::uint64_t m_id;
    const HostAddress m_peer;
    HostAddress m_local;
    const std::int64_t m_openedWallMs;
    const ConnectionOptions m_options;
    const std::shared_ptr<const Dispatcher> m_dispatcher;
    ClosedHandler m_closed;

    std::atomic<bool> m_isOpen = true;
    std::atomic<std::size_t> m_queuedBytes = 0;
    std::atomic<std::uint64_t> m_framesIn = 0;
    std::atomic<std::uint64_t> m_framesOut = 0;
    std::atomic<std::uint64_t> m_bytesIn = 0;
    std::atomic<std::uint64_t> m_bytesOut = 0;

    std::optional<FrameDecoder> m_decoder; // anew to give its memory back
    std::size_t m_readSize;
    std::size_t m_offered = 0;
    unsigned m_smallReads = 0;
    bool m_isReleasingMemory = false;
    std::size_t m_partialBytes =
        0; // of an unfinished frame since they last counted as a sign of life

    OutputQueue m_output;
    bool m_isDirty = false;
    bool m_isWaitingWritable = false;

    PendingTable m_pending;
    std::optional<asio::steady_timer> m_deadlineTimer;
    Time m_deadlineArmed = Time::max();
    Time m_lastActivity;
};

} // namespace gantry
