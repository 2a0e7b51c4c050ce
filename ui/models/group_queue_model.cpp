// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/group_queue_model.h"

#include "ui/models/cells.h"

#include <tuple>

namespace gantry::ui {

namespace {

/// Where the queue begins, from the topic it belongs to.
std::optional<std::int64_t> beginOf(const ClusterSnapshot& snapshot, const MessageQueue& queue)
{
    const auto topic =
        std::lower_bound(snapshot.topics.begin(), snapshot.topics.end(), queue.topic,
                         [](const TopicInfo& a, const std::string& b) { return a.name < b; });
    if (topic == snapshot.topics.end() || topic->name != queue.topic) {
        return std::nullopt;
    }
    const auto found =
        std::lower_bound(topic->queues.begin(), topic->queues.end(), queue,
                         [](const QueueInfo& a, const MessageQueue& b) { return a.queue < b; });
    return found != topic->queues.end() && found->queue == queue ? found->minOffset : std::nullopt;
}

std::shared_ptr<const GroupQueueRow> makeRow(const ClusterSnapshot& snapshot,
                                             const std::string& group, const GroupQueueInfo& info)
{
    GroupQueueRow row{group, info, {}};
    const auto begin = beginOf(snapshot, info.queue);
    row.strip.isKnown = begin && info.brokerOffset;
    row.strip.minOffset = begin.value_or(0);
    row.strip.maxOffset = info.brokerOffset.value_or(0);
    if (info.consumerOffset) {
        row.strip.markers.push_back({format::text(group), *info.consumerOffset});
    }
    return std::make_shared<const GroupQueueRow>(std::move(row));
}

} // namespace

GroupQueueModel::GroupQueueModel(QObject* parent)
    : RowModel(parent)
{
    using Row = GroupQueueRow;
    std::vector<Column<Row>> columns(Owner + 1);
    columns[Group] = textColumn<Row>({"group", tr("Group"), {}, Align::Left, 26},
                                     [](const Row& r) { return r.group; });
    columns[Topic] = textColumn<Row>({"topic", tr("Topic"), {}, Align::Left, 26},
                                     [](const Row& r) { return r.info.queue.topic; });
    columns[Broker] = textColumn<Row>({"broker", tr("Broker"), {}, Align::Left, 12},
                                      [](const Row& r) { return r.info.queue.brokerName; });
    columns[Queue] = countColumn<Row>(
        {"queue", tr("Queue"), tr("Queue id on its broker"), Align::Right, 7},
        [](const Row& r) { return std::optional<std::int64_t>(r.info.queue.queueId); });
    columns[Strip] = {{"strip", tr("Progress"),
                       tr("Expired · consumed · backlog; the triangle is the group's offset"),
                       Align::Left, 22},
                      [](const Row&) { return QString(); },
                      [](const Row& r) { return rawOf(r.info.consumerOffset); },
                      {},
                      [](const Row&) {
                          CellStyle s;
                          s.kind = CellStyle::Kind::Strip;
                          return s;
                      },
                      [](const Row& r) { return QVariant::fromValue(r.strip); }};
    columns[BrokerOffset] = countColumn<Row>(
        {"end", tr("Broker offset"), tr("End of the queue"), Align::Right, 13},
        [](const Row& r) { return r.info.brokerOffset; }, tr("The broker did not answer"));
    columns[ConsumerOffset] = countColumn<Row>(
        {"offset", tr("Consumer offset"),
         tr("The group's committed offset: the next message it will get"), Align::Right, 15},
        [](const Row& r) { return r.info.consumerOffset; },
        tr("The group has not committed an offset in this queue"));
    columns[Lag] = barColumn<Row>(
        {"lag", tr("Lag"), tr("Broker offset minus consumer offset"), Align::Right, 12},
        [](const Row& r) { return r.info.lag; }, [this] { return m_lagMax; },
        tr("One of the two offsets is not known"));
    columns[LagTime] = {{"lagtime", tr("Lag time"),
                         tr("Age of the oldest message not consumed yet"), Align::Right, 11},
                        [](const Row& r) {
                            return r.info.lagTimeMs && *r.info.lagTimeMs == 0
                                       ? QStringLiteral("0 s").replace(QLatin1Char(' '), QChar(0x202F))
                                       : format::duration(r.info.lagTimeMs);
                        },
                        [](const Row& r) { return rawOf(r.info.lagTimeMs); },
                        [](const Row& r) {
                            return r.info.lagTimeMs
                                       ? QString()
                                       : tr("The time of the oldest waiting message is not known");
                        },
                        {},
                        {}};
    columns[Owner] = textColumn<Row>(
        {"owner", tr("Owner"), tr("The client that pulls this queue"), Align::Left, 26, false, 14},
        [](const Row& r) { return r.info.ownerClientId; }, CellStyle::Kind::Mono);
    columns[Owner].text = [](const Row& r) {
        // Of a queue whose broker does not answer nobody knows who pulls it.
        return !r.info.ownerClientId.empty() ? format::text(r.info.ownerClientId)
               : r.info.brokerOffset         ? tr("nobody")
                                             : format::unknown();
    };
    columns[Owner].tip = [](const Row& r) {
        return !r.info.ownerClientId.empty() ? format::text(r.info.ownerClientId)
               : r.info.brokerOffset         ? tr("No client pulls this queue")
                                             : tr("The broker did not answer");
    };
    setColumns(std::move(columns));
}

void GroupQueueModel::applyGroup(const SnapshotPtr& snapshot, const std::string& group)
{
    Rows rows;
    const auto at =
        std::lower_bound(snapshot->groups.begin(), snapshot->groups.end(), group,
                         [](const GroupInfo& a, const std::string& b) { return a.name < b; });
    if (at != snapshot->groups.end() && at->name == group) {
        for (const auto& queue : at->queues) {
            rows.push_back(makeRow(*snapshot, group, queue));
        }
    }
    applyWithBars(std::move(rows));
}

void GroupQueueModel::applyTopic(const SnapshotPtr& snapshot, const std::string& topic)
{
    Rows rows;
    for (const auto& group : snapshot->groups) {
        for (const auto& queue : group.queues) {
            if (queue.queue.topic == topic) {
                rows.push_back(makeRow(*snapshot, group.name, queue));
            }
        }
    }
    applyWithBars(std::move(rows));
}

void GroupQueueModel::applyWithBars(Rows rows)
{
    m_lagMax = 0;
    for (const auto& row : rows) {
        m_lagMax = std::max(m_lagMax, row->info.lag.value_or(0));
    }
    applyRows(std::move(rows));
}

bool GroupQueueModel::isBefore(const GroupQueueRow& a, const GroupQueueRow& b) const
{
    return std::tie(a.group, a.info.queue) < std::tie(b.group, b.info.queue);
}

bool GroupQueueModel::looksSame(const GroupQueueRow& a, const GroupQueueRow& b) const
{
    const auto shown = [](const GroupQueueRow& r) {
        return std::tie(r.info.brokerOffset, r.info.consumerOffset, r.info.lag, r.info.lagTimeMs,
                        r.info.ownerClientId);
    };
    return shown(a) == shown(b) && a.strip == b.strip;
}

QString GroupQueueModel::keyText(const GroupQueueRow& row) const
{
    return QStringLiteral("%1 %2 %3 %4")
        .arg(format::text(row.group), format::text(row.info.queue.topic),
             format::text(row.info.queue.brokerName))
        .arg(row.info.queue.queueId);
}

QString GroupQueueModel::filterText(const GroupQueueRow& row) const
{
    return keyText(row) + QLatin1Char(' ') + format::text(row.info.ownerClientId);
}

} // namespace gantry::ui
