// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/clock_scenario.h"

#include "store/message_store.h"
#include "support/manual_clock.h"
#include "support/memory_file_system.h"

#include <fmt/format.h>

#include <memory>
#include <random>
#include <vector>

namespace gantry::test {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr hours kReserved{72};
constexpr minutes kPrecision{3}; // file times are looked at by the minute

class ClockScenario
{
public:
    explicit ClockScenario(std::uint64_t seed)
        : m_random(seed * 0x9E3779B97F4A7C15ULL + 5)
    {
        m_config.rootDirectory = "/store";
        m_config.commitLogFileSize = 4096;
        m_config.consumeQueueFileSize = 400;
        m_config.indexSlotCount = 16;
        m_config.indexEntryCount = 64;
        m_config.reservedTime = kReserved;
        m_config.storeHost = HostAddress::parse("127.0.0.1:10911").value();
        m_config.deleteAtHours.clear();
        for (int hour = 0; hour < 24; ++hour) {
            m_config.deleteAtHours.push_back(hour);
        }
        m_files.setNow([this] { return m_clock.wallMs(); });
    }

    std::string run(ClockAmounts& amounts)
    {
        open();
        for (int step = 0; step < 120 && m_problem.empty(); ++step) {
            act(amounts);
        }
        amounts.deletedFiles += static_cast<int>(m_logBegin / m_config.commitLogFileSize);
        return m_problem;
    }

private:
    struct Message
    {
        std::int64_t end = 0;
        std::chrono::steady_clock::time_point at;
    };

    std::uint64_t dice(std::uint64_t sides) { return m_random() % sides; }

    void open()
    {
        m_store.reset();
        auto opened = MessageStore::open(m_config, {m_files, m_clock, true});
        if (!opened) {
            m_problem = "does not open: " + opened.error().message;
            return;
        }
        m_store = std::move(*opened);
        keepHouse();
    }

    /// Time that goes by, seen by the house thread now and then.
    void wait(minutes duration, bool isFrozen)
    {
        for (minutes done{0}; done < duration && m_problem.empty(); done += minutes(20)) {
            m_clock.advance(minutes(20));
            if (isFrozen) {
                m_clock.jumpWall(-minutes(20));
            }
            keepHouse();
        }
    }

    void keepHouse()
    {
        m_clock.advance(std::chrono::seconds(11));
        m_store->step(MessageStore::Worker::House);
        m_logBegin = m_store->positions().minOffset;
        for (std::size_t i = m_judged; i < m_messages.size() && m_messages[i].end <= m_logBegin; ++i) {
            m_judged = i + 1;
            const auto age = m_clock.steady() - m_messages[i].at;
            if (age + kPrecision < kReserved) {
                m_problem = fmt::format("message {} was deleted after {} minutes", i,
                                        std::chrono::duration_cast<minutes>(age).count());
            }
        }
        // The queue begins where the log does: its message n is the n-th that was sent.
        const std::int64_t first = m_store->minOffset("t", 0);
        if (m_problem.empty() && m_logBegin > 0 && first != static_cast<std::int64_t>(m_judged)) {
            m_problem = fmt::format("the log begins at {} with message {}, the queue with {}", m_logBegin, m_judged, first);
        }
    }

    void put(std::uint64_t count)
    {
        for (std::uint64_t i = 0; i < count; ++i) {
            PutRequest request;
            request.topic = "t";
            request.body = std::string(900, 'x');
            request.bornHost = m_config.storeHost;
            m_store->put(std::move(request), [this](const PutResult& result) {
                if (result.status == PutStatus::Ok) {
                    m_messages.push_back({result.commitLogOffset + result.size, m_clock.steady()});
                }
            });
        }
        m_store->step(MessageStore::Worker::Flush);
        m_store->step(MessageStore::Worker::Reput);
        keepHouse();
    }

    void act(ClockAmounts& amounts)
    {
        const std::uint64_t what = dice(100);
        if (what < 40) {
            put(1 + dice(8));
        } else if (what < 75) {
            const bool isFrozen = dice(8) == 0;
            m_isRight = m_isRight && !isFrozen;
            amounts.jumps += isFrozen ? 1 : 0;
            wait(minutes(20 + dice(16 * 60)), isFrozen);
        } else if (what < 85) {
            constexpr std::int64_t kHours[] = {1, -1, 24 * 3650, -24 * 3650};
            m_clock.jumpWall(hours(kHours[dice(4)]));
            m_isRight = false;
            ++amounts.jumps;
            keepHouse();
        } else if (what < 95 || !m_isRight) {
            m_clock.undoJumps();
            m_isRight = true;
            keepHouse();
        } else {
            open();
        }
    }

    std::mt19937_64 m_random;
    ManualClock m_clock;
    StoreConfig m_config;
    MemoryFileSystem m_files;
    std::unique_ptr<MessageStore> m_store;
    std::vector<Message> m_messages;
    std::size_t m_judged = 0;
    std::int64_t m_logBegin = 0;
    bool m_isRight = true;
    std::string m_problem;
};

} // namespace

std::string runClockScenario(std::uint64_t seed, ClockAmounts& amounts)
{
    return ClockScenario(seed).run(amounts);
}

} // namespace gantry::test
