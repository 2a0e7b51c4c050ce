// SPDX-License-Identifier: GPL-3.0-or-later
#include "pull_load.h"

#include "bench_connection.h"
#include "blocking_peer.h"
#include "send_frame.h"
#include "stretch.h"

#include "message/record_codec.h"
#include "protocol/headers/pull_message.h"

#include <algorithm>
#include <deque>
#include <memory>

namespace gantry::bench {

namespace {

constexpr std::int64_t kQuietNs = 15'000'000'000;
constexpr std::int32_t kPullNotFound = 19;
constexpr std::int32_t kPullRetryImmediately = 20;
constexpr int kFruitlessMax = 2000;
/// Pulls of one connection that are not answered; a broker closes one that lets more than 64 MiB of answers wait.
constexpr std::size_t kPullsUnderWayMax = 128;

struct Queue
{
    std::int64_t next = 0;
    std::int64_t end = 0;
    std::int64_t askedNs = 0;
    int fruitless = 0; ///< answers in a row without a message
    std::size_t connection = 0;
};

class PullLoad
{
public:
    PullLoad(const Options& options, MessageLedger* ledger)
        : m_options(options)
        , m_ledger(ledger)
    {}

    Result<Measured> run()
    {
        GANTRY_CHECK(findEnds());
        for (int i = 0; i < std::min(m_options.connections, m_options.queues); ++i) {
            GANTRY_TRY(connection, BenchConnection::open(m_options.broker));
            m_connections.push_back(std::move(connection));
            m_poller.add(m_connections.back(), m_connections.size() - 1);
        }
        Stretch stretch(m_options.pid);
        GANTRY_CHECK(stretch.begin());
        m_waiting.resize(m_connections.size());
        for (std::size_t q = 0; q < m_queues.size(); ++q) {
            m_queues[q].connection = q % m_connections.size();
            if (m_queues[q].next < m_queues[q].end) {
                ++m_isOpen;
                m_waiting[m_queues[q].connection].push_back(q);
            }
        }
        for (std::size_t c = 0; c < m_connections.size(); ++c) {
            for (std::size_t i = 0; i < kPullsUnderWayMax; ++i) {
                askNext(c);
            }
        }
        for (std::size_t c = 0; c < m_connections.size(); ++c) {
            GANTRY_CHECK(flush(c));
        }
        auto lastAnswer = nowNs();
        while (m_isOpen > 0) {
            for (const auto& ready : m_poller.wait(100'000'000)) {
                if (ready.isReadable) {
                    lastAnswer = nowNs();
                    GANTRY_CHECK(m_connections[ready.index].read([this](const Answer& answer) { take(answer); }));
                }
                if (m_broken) {
                    return tl::unexpected<Error>(*m_broken);
                }
                GANTRY_CHECK(flush(ready.index));
            }
            if (nowNs() - lastAnswer > kQuietNs) {
                return fail(Errc::Timeout, "{} queues are not read to their end and nothing comes", m_isOpen);
            }
        }
        GANTRY_CHECK(stretch.end());
        stretch.into(m_result);
        m_result.latency = m_latency.snapshot();
        return m_result;
    }

private:
    Result<> findEnds()
    {
        GANTRY_TRY(peer, BlockingPeer::open(m_options.broker));
        for (int q = 0; q < m_options.queues; ++q) {
            GANTRY_TRY(end, endOfQueue(peer, m_options.topic, q));
            m_queues.push_back({0, end, 0, 0, 0});
        }
        return {};
    }

    void askNext(std::size_t connection)
    {
        auto& waiting = m_waiting[connection];
        if (!waiting.empty()) {
            ask(waiting.front());
            waiting.pop_front();
        }
    }

    void ask(std::size_t index)
    {
        auto& queue = m_queues[index];
        auto request = RemotingCommand::request(RequestCode::PullMessage);
        request.opaque = kOpaqueBase + static_cast<std::int32_t>(index);
        auto& fields = request.fields;
        fields.reserve(16, 300);
        fields.add("consumerGroup", "gantry_bench_reader");
        fields.add("topic", m_options.topic);
        fields.add("queueId", static_cast<std::int64_t>(index));
        fields.add("queueOffset", queue.next);
        fields.add("maxMsgNums", std::int64_t{m_options.pullMessages});
        fields.add("sysFlag", std::int64_t{pullflag::kSubscription});
        fields.add("commitOffset", "0");
        fields.add("suspendTimeoutMillis", "0");
        fields.add("subscription", "*");
        fields.add("subVersion", "1700000000000");
        fields.add("expressionType", "TAG");
        queue.askedNs = nowNs();
        m_connections[queue.connection].out() += encodeFrame(request, m_options.encoding);
    }

    Result<> flush(std::size_t index)
    {
        GANTRY_CHECK(m_connections[index].flush());
        m_poller.update(m_connections[index], index);
        return {};
    }

    void take(const Answer& answer)
    {
        const auto index = static_cast<std::size_t>(answer.opaque - kOpaqueBase);
        if (index >= m_queues.size()) {
            m_broken = Error{Errc::Protocol, fmt::format("an answer to request {} that was not sent", answer.opaque), -1};
            return;
        }
        auto& queue = m_queues[index];
        m_latency.record(static_cast<std::uint64_t>(nowNs() - queue.askedNs));
        ++m_result.requests;
        const auto before = queue.next;
        if (answer.code == 0) {
            takeRecords(answer.body, queue, static_cast<int>(index));
        } else if (answer.code != kPullNotFound && answer.code != kPullRetryImmediately) {
            m_broken = Error{Errc::Remote, fmt::format("a pull of queue {} at {} was answered with {}: {}", index, queue.next,
                                                       answer.code, answer.remark()), answer.code};
            return;
        }
        if (queue.next == before && ++queue.fruitless > kFruitlessMax) {
            m_broken = Error{Errc::Remote, fmt::format("queue {} ends with {} but gives nothing at {}: {}", index, queue.end,
                                                       queue.next, answer.remark()), answer.code};
            return;
        }
        if (queue.next != before) {
            queue.fruitless = 0;
        }
        if (queue.next >= queue.end) {
            --m_isOpen;
            askNext(queue.connection);
        } else {
            ask(index);
        }
    }

    void takeRecords(std::string_view body, Queue& queue, int id)
    {
        while (!body.empty()) {
            const auto parse = parseRecord(asBytes(body), true);
            if (parse.status != RecordStatus::Ok || parse.record.totalSize <= 0) {
                m_broken = Error{Errc::Corruption, fmt::format("a damaged record in queue {} near offset {}", id, queue.next), -1};
                return;
            }
            const auto& record = parse.record;
            if (record.queueOffset != queue.next) {
                if (m_ledger == nullptr) {
                    m_broken = Error{Errc::Corruption, fmt::format("queue {} has offset {} where {} is expected", id,
                                                                   record.queueOffset, queue.next), -1};
                    return;
                }
                m_ledger->gap();
            }
            queue.next = record.queueOffset + 1;
            ++m_result.messages;
            m_result.bytes += record.body.size();
            if (m_ledger != nullptr) {
                m_ledger->found(record.body, m_options.bodyBytes, id, record.queueOffset);
            }
            body.remove_prefix(static_cast<std::size_t>(record.totalSize));
        }
    }

    const Options& m_options;
    MessageLedger* m_ledger;
    Poller m_poller;
    std::vector<BenchConnection> m_connections;
    std::vector<Queue> m_queues;
    std::vector<std::deque<std::size_t>> m_waiting; ///< by connection: queues not asked yet
    std::size_t m_isOpen = 0;                       ///< queues not yet read to their end
    std::optional<Error> m_broken;
    LatencyHistogram m_latency;
    Measured m_result;
};

} // namespace

Result<Measured> runPullLoad(const Options& options, MessageLedger* ledger)
{
    return std::make_unique<PullLoad>(options, ledger)->run();
}

} // namespace gantry::bench
