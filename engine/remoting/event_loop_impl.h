// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remoting/asio_alias.h"
#include "remoting/call.h"
#include "remoting/io_runtime.h"

#include <atomic>
#include <functional>
#include <latch>
#include <mutex>
#include <optional>
#include <vector>

namespace gantry {

class ConnectionImpl;
class EventLoopImpl;

/// Something that lives on a loop and must let go of its sockets and timers when the loop stops.
/// Registered and called on the loop only; it unregisters before it dies.
class LoopResident
{
public:
    virtual ~LoopResident() = default;
    virtual void onLoopStopping() = 0;
    /// Every now and then (EventLoopImpl::requestSweep), for idle timeouts.
    virtual void onSweep(std::chrono::steady_clock::time_point /*now*/) {}

private:
    friend class EventLoopImpl;
    static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
    std::size_t m_residentIndex = kNowhere;
};

/// What another thread wants a loop to do. A variant by hand: exactly one of task, call and command
/// is meant.
struct LoopItem
{
    UniqueFunction<void()> task;
    std::shared_ptr<ConnectionImpl>
        connection; ///< set: a call (if call.done) or else a command to send
    Call call;
    std::size_t bytes = 0; ///< counted as queued by the connection when the item was made
};

class EventLoopImpl final : public EventLoop, public std::enable_shared_from_this<EventLoopImpl>
{
public:
    explicit EventLoopImpl(std::size_t index);
    ~EventLoopImpl() override = default;

    void post(UniqueFunction<void()> task) override { (void)tryPost(std::move(task)); }
    [[nodiscard]] bool isThisThread() const override { return current() == this; }
    [[nodiscard]] std::size_t index() const override { return m_index; }
    [[nodiscard]] bool atRoundEnd(RoundEnd& task) override;
    [[nodiscard]] asio::io_context& context() override { return m_context; }

    /// False (and the item is destroyed on this thread) after stop. All items posted before the
    /// loop gets to them cost one wake-up.
    bool enqueue(LoopItem item);
    bool tryPost(UniqueFunction<void()> task);
    /// The loop whose thread this is, or null.
    [[nodiscard]] static EventLoopImpl* current();

    /// The thread's work; returns after stop().
    void run(const std::string& threadName);
    /// Any thread. Residents are told on the loop, then run() returns.
    void stop();

    // The rest on the loop only.
    void addResident(LoopResident& resident);
    void removeResident(LoopResident& resident);
    /// Sweeps happen at least this often from now on.
    void requestSweep(std::chrono::milliseconds period);
    void addDirty(std::shared_ptr<ConnectionImpl> connection);
    /// Now, not behind the other sockets that are ready.
    void endRound();

    /// While one exists, connections of this loop collect what they have to write; the outermost
    /// one's end writes it, one system call per connection.
    class Batch
    {
    public:
        explicit Batch(EventLoopImpl& loop)
            : m_loop(loop)
        {
            ++m_loop.m_batchDepth;
        }
        ~Batch()
        {
            if (m_loop.m_batchDepth == 1) {
                m_loop.flushDirty();
                m_loop.postRoundEnd();
            }
            --m_loop.m_batchDepth;
        }
        Batch(const Batch&) = delete;
        Batch& operator=(const Batch&) = delete;

    private:
        EventLoopImpl& m_loop;
    };

private:
    void wake();
    void awaitWake();
    void drain();
    void perform(LoopItem& item);
    void postRoundEnd();
    void flushDirty();
    void shutDown();
    void armSweep();
    void sweep();

    const std::size_t m_index;
    asio::io_context m_context{1};
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> m_work{
        m_context.get_executor()};
    asio::posix::stream_descriptor m_wakeUp{m_context}; // an eventfd; open as long as somebody may write to it
    std::uint64_t m_wakeUps = 0;

    std::mutex m_mutex;
    std::vector<LoopItem> m_inbox; // guarded, as the two below
    bool m_isStopped = false;
    bool m_stopRequested = false;

    std::vector<LoopItem> m_draining;
    std::vector<std::shared_ptr<ConnectionImpl>> m_dirty;
    std::vector<RoundEnd*> m_roundEnds;
    bool m_roundEndPosted = false;
    int m_batchDepth = 0;
    bool m_flushPosted = false;
    std::vector<LoopResident*> m_residents;
    asio::steady_timer m_sweepTimer{m_context};
    std::chrono::milliseconds m_sweepPeriod{0};
};

/// Counts down when it dies, whether its task ran or was dropped by a stopped loop.
class LatchToken
{
public:
    explicit LatchToken(std::shared_ptr<std::latch> latch)
        : m_latch(std::move(latch))
    {}
    LatchToken(LatchToken&&) noexcept = default;
    LatchToken(const LatchToken&) = delete;
    LatchToken& operator=(LatchToken&&) = delete;
    LatchToken& operator=(const LatchToken&) = delete;
    ~LatchToken()
    {
        if (m_latch) {
            m_latch->count_down();
        }
    }

private:
    std::shared_ptr<std::latch> m_latch;
};

/// Runs the task on every loop of the runtime and waits for all of them. Loops that have stopped
/// are passed over.
void runOnEveryLoop(IoRuntime& runtime, const std::function<void(EventLoopImpl&)>& task);

} // namespace gantry
