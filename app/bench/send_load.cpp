// SPDX-License-Identifier: GPL-3.0-or-later
#include "send_load.h"

#include "bench_connection.h"
#include "send_frame.h"
#include "stretch.h"

#include "base/clock.h"

#include <algorithm>
#include <memory>

namespace gantry::bench {

namespace {

constexpr std::size_t kUnderWayMax = 1U << 20;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kDrainNs = 10 * kNsPerSecond;
constexpr std::int64_t kLateNs = 1'000'000;

/// A request under way; its index is its opaque.
struct Slot
{
    std::int64_t startNs = 0; ///< closed loop: when it was sent; open loop: when it was to be sent
    std::uint64_t number = 0;
    bool isUsed = false;
};

class SendLoad
{
public:
    SendLoad(const Options& options, MessageLedger& ledger)
        : m_options(options)
        , m_ledger(ledger)
        , m_frames(options)
        , m_slots(kUnderWayMax)
    {
        m_free.reserve(kUnderWayMax);
        for (std::size_t i = kUnderWayMax; i-- > 0;) {
            m_free.push_back(static_cast<std::uint32_t>(i));
        }
    }

    Result<Measured> run()
    {
        for (int i = 0; i < m_options.connections; ++i) {
            GANTRY_TRY(connection, BenchConnection::open(m_options.broker));
            m_connections.push_back(std::move(connection));
            m_poller.add(m_connections.back(), m_connections.size() - 1);
        }
        m_stretch.emplace(m_options.pid);
        m_begin = nowNs();
        m_measureFrom = m_begin + toNs(m_options.warmUpSeconds);
        m_measureTo = m_measureFrom + toNs(m_options.seconds);
        if (m_options.rate <= 0) {
            for (std::size_t c = 0; c < m_connections.size(); ++c) {
                for (int i = 0; i < m_options.depth; ++i) {
                    sendOne(c, nowNs());
                }
                GANTRY_CHECK(flush(c));
            }
        }
        GANTRY_CHECK(loop());
        m_result.unanswered = kUnderWayMax - m_free.size();
        m_result.latency = m_latency.snapshot();
        m_result.lateShare = m_timed == 0 ? 0 : static_cast<double>(m_late) / static_cast<double>(m_timed);
        m_stretch->into(m_result);
        return m_result;
    }

private:
    static std::int64_t toNs(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }
    [[nodiscard]] bool isOpenLoop() const { return m_options.rate > 0; }

    Result<> loop()
    {
        while (true) {
            const auto now = nowNs();
            if (!m_stretch->hasBegun() && now >= m_measureFrom) {
                GANTRY_CHECK(m_stretch->begin());
            }
            if (!m_stretch->hasEnded() && now >= m_measureTo) {
                GANTRY_CHECK(m_stretch->end());
            }
            m_isSending = now < m_measureTo;
            if (!m_isSending && (m_free.size() == kUnderWayMax || now > m_measureTo + kDrainNs)) {
                return {};
            }
            const auto wait = m_isSending && isOpenLoop() ? sendDue(now) : 10'000'000;
            if (!wait) {
                return tl::unexpected<Error>(wait.error());
            }
            for (const auto& ready : m_poller.wait(*wait)) {
                GANTRY_CHECK(serve(ready));
            }
        }
    }

    /// Open loop: sends what is due; how long until the next is.
    Result<std::int64_t> sendDue(std::int64_t now)
    {
        const double gap = static_cast<double>(kNsPerSecond) * m_options.batch / m_options.rate;
        while (true) {
            const auto due = m_begin + static_cast<std::int64_t>(gap * static_cast<double>(m_intended));
            if (due > now) {
                flushTouched();
                return m_broken ? Result<std::int64_t>(tl::unexpected<Error>(*m_broken)) : std::min(due - now, toNs(0.01));
            }
            if (m_free.empty()) {
                return fail(Errc::Busy, "{} requests are unanswered; the rate is too high for this broker", kUnderWayMax);
            }
            const auto connection = m_intended++ % m_connections.size();
            if (due >= m_measureFrom) {
                ++m_timed;
                m_late += now - due > kLateNs ? 1U : 0U;
            }
            sendOne(connection, due);
            m_touched.push_back(connection);
        }
    }

    void flushTouched()
    {
        for (const auto connection : m_touched) {
            if (auto flushed = flush(connection); !flushed) {
                m_broken = flushed.error();
            }
        }
        m_touched.clear();
    }

    void sendOne(std::size_t connection, std::int64_t startNs)
    {
        const int queue = m_nextQueue;
        m_nextQueue = (m_nextQueue + 1) % m_options.queues;
        const auto slot = m_free.back();
        m_free.pop_back();
        m_slots[slot] = {startNs, m_ledger.add(queue, m_options.batch), true};
        m_frames.forQueue(queue).append(m_connections[connection].out(), kOpaqueBase + static_cast<std::int32_t>(slot), queue,
                                        m_slots[slot].number, SystemClock::instance().wallMs());
    }

    Result<> flush(std::size_t index)
    {
        GANTRY_CHECK(m_connections[index].flush());
        m_poller.update(m_connections[index], index);
        return {};
    }

    Result<> serve(const Poller::Ready& ready)
    {
        auto& connection = m_connections[ready.index];
        if (ready.isReadable) {
            const auto now = nowNs();
            m_isSending = now < m_measureTo;
            GANTRY_CHECK(connection.read([this, now, &ready](const Answer& answer) { take(answer, ready.index, now); }));
        }
        if (m_broken) {
            return tl::unexpected<Error>(*m_broken);
        }
        return flush(ready.index);
    }

    void take(const Answer& answer, std::size_t connection, std::int64_t now)
    {
        const auto index = static_cast<std::uint32_t>(answer.opaque - kOpaqueBase);
        if (index >= m_slots.size() || !m_slots[index].isUsed) {
            m_broken = Error{Errc::Protocol, fmt::format("an answer to request {} that is not under way", answer.opaque), -1};
            return;
        }
        const Slot slot = m_slots[index];
        m_slots[index].isUsed = false;
        m_free.push_back(index);
        const auto offset = answer.number("queueOffset");
        if (answer.code == 0 && offset) {
            m_ledger.acknowledge(slot.number, m_options.batch, *offset);
            count(slot, now);
        } else {
            m_ledger.refuse(slot.number, m_options.batch);
            if (++m_result.errors == 1) {
                m_result.firstError = fmt::format("code {}: {}", answer.code, answer.remark());
            }
        }
        if (m_isSending && !isOpenLoop()) {
            sendOne(connection, now);
        }
    }

    void count(const Slot& slot, std::int64_t now)
    {
        // Open loop: by the intended time, so that what a stalled broker answers late is not left out.
        const bool isTimed = isOpenLoop() ? slot.startNs >= m_measureFrom && slot.startNs < m_measureTo
                                          : now >= m_measureFrom && now < m_measureTo;
        if (isTimed) {
            m_latency.record(static_cast<std::uint64_t>(std::max<std::int64_t>(now - slot.startNs, 0)));
        }
        if (now >= m_measureFrom && now < m_measureTo) {
            ++m_result.requests;
            m_result.messages += static_cast<std::uint64_t>(m_options.batch);
            m_result.bytes += static_cast<std::uint64_t>(m_options.batch) * m_options.bodyBytes;
        }
    }

    const Options& m_options;
    MessageLedger& m_ledger;
    SendFrames m_frames;
    Poller m_poller;
    std::vector<BenchConnection> m_connections;
    std::vector<Slot> m_slots;
    std::vector<std::uint32_t> m_free;
    std::vector<std::size_t> m_touched;
    std::optional<Stretch> m_stretch;
    std::optional<Error> m_broken;
    LatencyHistogram m_latency;
    Measured m_result;
    std::int64_t m_begin = 0;
    std::int64_t m_measureFrom = 0;
    std::int64_t m_measureTo = 0;
    std::uint64_t m_intended = 0;
    std::uint64_t m_timed = 0;
    std::uint64_t m_late = 0;
    int m_nextQueue = 0;
    bool m_isSending = true;
};

} // namespace

Result<Measured> runSendLoad(const Options& options, MessageLedger& ledger)
{
    return std::make_unique<SendLoad>(options, ledger)->run();
}

} // namespace gantry::bench
