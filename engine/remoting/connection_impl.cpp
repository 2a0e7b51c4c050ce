// SPDX-License-Identifier: Apache-2.0
#include "remoting/connection_impl.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "remoting/log_throttle.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace gantry {

namespace {

constexpr std::size_t kReadBytesMin = 4 * 1024; // what an idle connection costs
constexpr std::size_t kReadBytesMax = 128 * 1024;
constexpr unsigned kSmallReadsBeforeShrink = 64;
constexpr std::size_t kPiecesPerWrite = 64;
// A frame that grows by this much was not sent by somebody who only wants to hold the connection.
constexpr std::size_t kPartialBytesOfLife = 64 * 1024;
constexpr std::chrono::milliseconds kSweepPeriodMin{250};
constexpr std::chrono::milliseconds kSweepPeriodMax{5'000};

std::atomic<std::uint64_t> lastConnectionId{0};

LogThrottle& badPeerThrottle()
{
    static LogThrottle throttle(20, std::chrono::seconds(10));
    return throttle;
}

/// Written by the loop alone, so no read-modify-write instruction is needed.
void addRelaxed(std::atomic<std::uint64_t>& counter, std::uint64_t count)
{
    counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
}

std::size_t wireBytesOf(const RemotingCommand& command)
{
    constexpr std::size_t kHeadBytes = 256; // an estimate is enough for a limit of megabytes
    return kHeadBytes + command.body.size() + command.remark.size();
}

} // namespace

ConnectionImpl::ConnectionImpl(std::shared_ptr<EventLoopImpl> loop, Tcp::socket socket,
                               const Tcp::endpoint& peer, const ConnectionOptions& options,
                               std::shared_ptr<const Dispatcher> dispatcher)
    : m_loop(std::move(loop))
    , m_socket(std::move(socket))
    , m_id(lastConnectionId.fetch_add(1, std::memory_order_relaxed) + 1)
    , m_peer(toHostAddress(peer))
    , m_openedWallMs(SystemClock::instance().wallMs())
    , m_options(options)
    , m_dispatcher(dispatcher ? std::move(dispatcher) : std::make_shared<const Dispatcher>())
    , m_decoder(std::in_place, options.frameBytesMax)
    , m_readSize(kReadBytesMin)
    , m_pending(limits::kPendingRequestsMax)
    , m_lastActivity(std::chrono::steady_clock::now())
{
    asio::error_code ignored;
    m_socket.set_option(Tcp::no_delay(true), ignored);
    const auto local = m_socket.local_endpoint(ignored);
    if (!ignored) {
        m_local = toHostAddress(local);
    }
}

ConnectionImpl::~ConnectionImpl()
{
    GANTRY_ASSERT(m_pending.size() == 0, "{} calls on connection {} were forgotten",
                  m_pending.size(), m_id);
}

void ConnectionImpl::start(ClosedHandler closed)
{
    if (!m_isOpen) {
        return;
    }
    m_closed = std::move(closed);
    m_loop->addResident(*this);
    m_loop->requestSweep(std::clamp(m_options.idleTimeout / 4, kSweepPeriodMin, kSweepPeriodMax));
    startRead();
}

void ConnectionImpl::send(RemotingCommand command)
{
    if (m_loop->isThisThread()) {
        enqueueOrClose(std::move(command));
        return;
    }
    if (!isOpen()) {
        return;
    }
    const auto bytes = wireBytesOf(command);
    addQueuedBytes(bytes);
    if (queuedBytes() > 2 * m_options.writeQueueBytesMax) {
        // The loop is about to close it, or is too late to notice: hold no more.
        removeQueuedBytes(bytes);
        close();
        return;
    }
    LoopItem item;
    item.connection = shared_from_this();
    item.call.request = std::move(command);
    item.bytes = bytes;
    (void)m_loop->enqueue(std::move(item));
}

void ConnectionImpl::invoke(RemotingCommand request, std::chrono::milliseconds timeout,
                            InvokeCallback done)
{
    GANTRY_ASSERT(done, "request {} without a callback", request.code);
    invokeCall(Call(std::move(request), timeout, std::move(done)));
}

void ConnectionImpl::invokeCall(Call call)
{
    LoopItem item;
    item.connection = shared_from_this();
    item.call = std::move(call);
    item.bytes = wireBytesOf(item.call.request);
    addQueuedBytes(item.bytes);
    if (m_loop->isThisThread() && isOpen()) {
        performCall(std::move(item.call), item.bytes);
        return;
    }
    if (queuedBytes() > m_options.writeQueueBytesMax) {
        removeQueuedBytes(item.bytes);
        std::string().swap(item.call.request.body); // refused; until it hears of that, hold no more
        refuse(std::move(item.call), Errc::Busy,
               fmt::format("{} bytes are waiting for {} already; try again later", queuedBytes(),
                           m_peer.toText()));
        return;
    }
    (void)m_loop->enqueue(std::move(item));
}

void ConnectionImpl::close()
{
    Error reason{Errc::ConnectionClosed,
                 fmt::format("the connection to {} was closed here", m_peer.toText()), -1};
    if (m_loop->isThisThread()) {
        closeWith(std::move(reason));
        return;
    }
    m_loop->post([self = shared_from_this(), reason = std::move(reason)]() mutable {
        self->closeWith(std::move(reason));
    });
}

Connection::Traffic ConnectionImpl::traffic() const
{
    return {m_framesIn.load(std::memory_order_relaxed), m_framesOut.load(std::memory_order_relaxed),
            m_bytesIn.load(std::memory_order_relaxed), m_bytesOut.load(std::memory_order_relaxed)};
}

void ConnectionImpl::performSend(RemotingCommand command, std::size_t countedBytes)
{
    removeQueuedBytes(countedBytes);
    enqueueOrClose(std::move(command));
}

void ConnectionImpl::performCall(Call call, std::size_t countedBytes)
{
    removeQueuedBytes(countedBytes);
    if (!isOpen()) {
        return refuse(std::move(call), Errc::ConnectionClosed,
                      fmt::format("the connection to {} is closed", m_peer.toText()));
    }
    if (m_pending.isFull() || queuedBytes() + countedBytes > m_options.writeQueueBytesMax) {
        return refuse(
            std::move(call), Errc::Busy,
            fmt::format("{} has {} requests and {} bytes waiting already; try again later",
                        m_peer.toText(), m_pending.size(), queuedBytes()));
    }
    const auto now = std::chrono::steady_clock::now();
    if (call.deadline <= now) {
        auto text =
            fmt::format("request {} to {} was not sent within {} ms",
                        requestCodeName(call.request.code), m_peer.toText(), call.timeoutMs);
        return refuse(std::move(call), Errc::Timeout, std::move(text));
    }
    auto request = std::move(call.request);
    request.flag &= ~(RemotingCommand::kResponseFlag | RemotingCommand::kOnewayFlag);
    request.opaque = m_pending.add(
        {0, request.code, call.timeoutMs, call.deadline, std::exchange(call.done, nullptr)});
    const auto opaque = request.opaque;
    if (!enqueue(std::move(request), m_options.requestEncoding)) {
        call.done = std::move(m_pending.take(opaque)->done);
        return refuse(std::move(call), Errc::LimitExceeded,
                      fmt::format("the request is larger than a frame may be ({} bytes)",
                                  m_options.frameBytesMax));
    }
    if (call.deadline < m_deadlineArmed) {
        armDeadline();
    }
}

void ConnectionImpl::refuse(Call call, Errc code, std::string text)
{
    // Never from within invoke(): its caller may hold what the callback needs.
    m_loop->post([refused = std::move(call), error = Error{code, std::move(text), -1}]() mutable {
        refused.finish(tl::unexpected<Error>(std::move(error)));
    });
}

bool ConnectionImpl::enqueue(RemotingCommand command, HeaderEncoding encoding)
{
    const auto bytes = m_output.append(std::move(command), encoding, m_options.frameBytesMax);
    if (bytes == 0) {
        return false;
    }
    addQueuedBytes(bytes);
    addRelaxed(m_framesOut, 1);
    markDirty();
    return true;
}

void ConnectionImpl::enqueueOrClose(RemotingCommand command)
{
    if (!isOpen()) {
        return;
    }
    const auto isResponse = command.isResponse();
    const auto opaque = command.opaque;
    const auto bodyBytes = command.body.size();
    if (!enqueue(std::move(command),
                 isResponse ? HeaderEncoding::Json : m_options.requestEncoding)) {
        log::error(kLogModule,
                   "a frame of {} bytes for {} is larger than the limit of {} and was not sent",
                   bodyBytes, m_peer.toText(), m_options.frameBytesMax);
        if (isResponse) {
            auto refusal = RemotingCommand::response(ResponseCode::SystemError,
                                                     "the response is larger than a frame may be");
            refusal.opaque = opaque;
            (void)enqueue(std::move(refusal), HeaderEncoding::Json);
        }
        return;
    }
    if (m_output.bytes() > m_options.writeQueueBytesMax) {
        flush();
    }
    if (isOpen() && m_output.bytes() > m_options.writeQueueBytesMax) {
        if (const auto leftOut = badPeerThrottle().admit(std::chrono::steady_clock::now())) {
            log::warning(kLogModule,
                         "closing {}: it does not read, {} bytes are waiting for it (limit {})",
                         m_peer.toText(), m_output.bytes(), m_options.writeQueueBytesMax);
        }
        closeWith({Errc::LimitExceeded,
                   fmt::format("{} does not read its responses", m_peer.toText()), -1});
    }
}

void ConnectionImpl::markDirty()
{
    if (!std::exchange(m_isDirty, true)) {
        m_loop->addDirty(shared_from_this());
    }
}

void ConnectionImpl::flush()
{
    m_isDirty = false;
    if (!isOpen() || m_isWaitingWritable || m_output.isEmpty()) {
        return;
    }
    bool hasWritten = false;
    std::array<iovec, kPiecesPerWrite> pieces;
    while (!m_output.isEmpty()) {
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = m_output.gather(pieces);
        const auto written =
            ::sendmsg(m_socket.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                waitWritable();
                break;
            }
            onBroken("write", asio::error_code(errno, asio::error::get_system_category()));
            return;
        }
        const auto count = static_cast<std::size_t>(written);
        m_output.consume(count);
        removeQueuedBytes(count);
        addRelaxed(m_bytesOut, count);
        hasWritten = true;
    }
    m_output.trim(false);
    if (hasWritten) {
        m_lastActivity = std::chrono::steady_clock::now();
    }
}

void ConnectionImpl::waitWritable()
{
    m_isWaitingWritable = true;
    m_socket.async_wait(Tcp::socket::wait_write,
                        [self = shared_from_this()](const asio::error_code& error) {
                            self->m_isWaitingWritable = false;
                            if (error) {
                                self->onBroken("write", error);
                            } else {
                                self->flush();
                            }
                        });
}

void ConnectionImpl::startRead()
{
    const auto space = m_decoder->prepare(m_readSize);
    m_offered = space.size();
    m_socket.async_read_some(
        asio::buffer(space.data(), space.size()),
        [self = shared_from_this()](const asio::error_code& error, std::size_t count) {
            self->onRead(error, count);
        });
}

void ConnectionImpl::onRead(const asio::error_code& error, std::size_t count)
{
    if (!isOpen()) {
        m_decoder.emplace(m_options.frameBytesMax);
        return;
    }
    if (std::exchange(m_isReleasingMemory, false) && error == asio::error::operation_aborted) {
        m_decoder.emplace(m_options.frameBytesMax);
        m_readSize = kReadBytesMin;
        startRead();
        return;
    }
    if (error) {
        onBroken("read", error);
        return;
    }
    {
        // Over before the next read begins: that one may find the end of the connection, and what was asked before it
        // must be answered first.
        const EventLoopImpl::Batch batch(*m_loop);
        m_decoder->commit(count);
        addRelaxed(m_bytesIn, count);
        m_partialBytes += count;
        adaptReadSize(m_offered, count);
        takeFrames();
    }
    if (isOpen()) {
        startRead();
    } else {
        m_decoder.emplace(m_options.frameBytesMax);
    }
}

void ConnectionImpl::adaptReadSize(std::size_t offered, std::size_t count)
{
    if (count == offered) {
        m_readSize = std::min(4 * m_readSize, kReadBytesMax);
        m_smallReads = 0;
    } else if (count < m_readSize / 4) {
        if (++m_smallReads >= kSmallReadsBeforeShrink) {
            m_readSize = std::max(m_readSize / 2, kReadBytesMin);
            m_smallReads = 0;
        }
    } else {
        m_smallReads = 0;
    }
}

void ConnectionImpl::takeFrames()
{
    std::uint64_t frames = 0;
    while (isOpen()) {
        const auto frame = m_decoder->next();
        if (!frame) {
            closeForProtocol(frame.error());
            break;
        }
        if (!*frame) {
            break;
        }
        ++frames;
        onFrame(**frame);
    }
    if (frames != 0 || m_partialBytes >= kPartialBytesOfLife) {
        // Bytes of an unfinished frame do not count: they could trickle in for ever.
        m_lastActivity = std::chrono::steady_clock::now();
        m_partialBytes = 0;
        addRelaxed(m_framesIn, frames);
    }
}

void ConnectionImpl::onFrame(ByteView frame)
{
    auto decoded = decodeCommand(frame);
    if (!decoded) {
        closeForProtocol(decoded.error());
        return;
    }
    onCommand(std::move(decoded->command));
}

void ConnectionImpl::onCommand(RemotingCommand command)
{
    if (!command.isResponse()) {
        m_dispatcher->dispatch(shared_from_this(), std::move(command));
        return;
    }
    // Nobody waits for it: its deadline has passed. Not worth a word.
    if (auto entry = m_pending.take(command.opaque)) {
        entry->done(std::move(command));
    }
}

void ConnectionImpl::onBroken(std::string_view what, const asio::error_code& error)
{
    if (!isOpen()) {
        return;
    }
    const auto text = error == asio::error::eof
                          ? fmt::format("{} closed the connection", m_peer.toText())
                          : fmt::format("the connection to {} broke ({}: {})", m_peer.toText(),
                                        what, error.message());
    log::debug(kLogModule, "{}", text);
    dropOutput();
    closeWith({Errc::ConnectionClosed, text, -1});
}

void ConnectionImpl::closeForProtocol(const Error& error)
{
    if (const auto leftOut = badPeerThrottle().admit(std::chrono::steady_clock::now())) {
        log::warning(kLogModule, "closing {}: {}{}", m_peer.toText(), error.message,
                     *leftOut == 0
                         ? std::string()
                         : fmt::format(" ({} more such peers were not logged)", *leftOut));
    }
    m_loop->endRound(); // the good frames before the bad one are answered
    closeWith(
        {error.code, fmt::format("{} broke the protocol: {}", m_peer.toText(), error.message), -1});
}

void ConnectionImpl::closeWith(const Error& reason, bool atOnce)
{
    if (!isOpen()) {
        return;
    }
    if (!m_output.isEmpty()) {
        flush(); // what was answered before should arrive
        if (!isOpen()) {
            return; // the flush found it broken
        }
    }
    m_isOpen.store(false, std::memory_order_release);
    m_loop->removeResident(*this);
    asio::error_code ignored;
    m_socket.shutdown(Tcp::socket::shutdown_both, ignored);
    m_socket.close(ignored);
    dropOutput();
    if (m_deadlineTimer) {
        m_deadlineTimer->cancel();
    }
    if (!atOnce &&
        m_loop->tryPost([self = shared_from_this(), reason] { self->finishClose(reason); })) {
        return;
    }
    finishClose(reason);
}

void ConnectionImpl::dropOutput()
{
    removeQueuedBytes(m_output.bytes());
    m_output.clear();
}

void ConnectionImpl::finishClose(const Error& reason)
{
    const auto self = shared_from_this();
    if (const auto closed = std::exchange(m_closed, nullptr)) {
        closed(self);
    }
    for (auto& entry : m_pending.takeAll()) {
        entry.done(tl::unexpected<Error>(reason));
    }
}

void ConnectionImpl::onLoopStopping()
{
    closeWith(
        {Errc::Cancelled,
         fmt::format("the connection to {} ended because this program stops", m_peer.toText()), -1},
        true);
}

void ConnectionImpl::armDeadline()
{
    const auto earliest = m_pending.earliestDeadline();
    if (!earliest) {
        m_deadlineArmed = Time::max();
        return;
    }
    if (!m_deadlineTimer) {
        m_deadlineTimer.emplace(m_loop->context());
    }
    m_deadlineArmed = *earliest;
    m_deadlineTimer->expires_at(*earliest);
    m_deadlineTimer->async_wait([self = shared_from_this()](const asio::error_code& error) {
        if (!error && self->isOpen()) {
            self->onDeadline();
        }
    });
}

void ConnectionImpl::onDeadline()
{
    const EventLoopImpl::Batch batch(*m_loop);
    std::vector<PendingTable::Entry> expired;
    m_pending.takeExpired(std::chrono::steady_clock::now(), expired);
    armDeadline();
    for (auto& entry : expired) {
        entry.done(fail(Errc::Timeout, "{} did not answer {} within {} ms", m_peer.toText(),
                        requestCodeName(entry.code), entry.timeoutMs));
    }
}

void ConnectionImpl::onSweep(Time now)
{
    const auto quiet = now - m_lastActivity;
    if (quiet >= m_options.idleTimeout && m_pending.size() == 0) {
        const auto idleMs =
            std::chrono::duration_cast<std::chrono::milliseconds>(m_options.idleTimeout).count();
        log::info(kLogModule, "closing {}: {} for {} ms", m_peer.toText(),
                  m_decoder->buffered() == 0 ? "silent" : "an unfinished frame and nothing more",
                  idleMs);
        closeWith({Errc::ConnectionClosed,
                   fmt::format("the connection to {} was idle for {} ms", m_peer.toText(), idleMs),
                   -1});
        return;
    }
    const bool holdsMuch = m_offered > kReadBytesMin || m_readSize > kReadBytesMin;
    if (quiet >= kSweepPeriodMax && m_pending.size() == 0 && m_output.isEmpty()) {
        m_output.trim(true);
        m_pending.trim();
        if (holdsMuch && m_decoder->buffered() == 0 && !m_isWaitingWritable) {
            // The pending read owns the buffer: end it, and begin again with a small one.
            m_isReleasingMemory = true;
            asio::error_code ignored;
            m_socket.cancel(ignored);
        }
    }
}

} // namespace gantry
