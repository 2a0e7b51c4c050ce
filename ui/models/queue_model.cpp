// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/queue_model.h"

#include "ui/models/cells.h"

#include <QCoreApplication>

#include <limits>

namespace gantry::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("QueueModel", text);
}

QString stripTip(const QueueStrip& strip)
{
    if (!strip.isKnown) {
        return tr("The broker did not say where this queue begins and ends");
    }
    QStringList lines;
    lines << tr("Expired: %1 · stored: %2")
                 .arg(format::count(strip.minOffset),
                      format::count(strip.maxOffset - strip.minOffset));
    for (const auto& marker : strip.markers) {
        lines << tr("%1 at %2, lag %3")
                     .arg(marker.group, format::count(marker.offset),
                          format::count(strip.maxOffset - marker.offset));
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace

std::vector<const GroupInfo*> readersOf(const std::string& topic, const ClusterSnapshot& snapshot)
{
    std::vector<const GroupInfo*> readers;
    const MessageQueue least{topic, {}, std::numeric_limits<std::int32_t>::min()};
    for (const auto& group : snapshot.groups) {
        const auto at = std::lower_bound(
            group.queues.begin(), group.queues.end(), least,
            [](const GroupQueueInfo& a, const MessageQueue& b) { return a.queue < b; });
        if (at != group.queues.end() && at->queue.topic == topic) {
            readers.push_back(&group);
        }
    }
    return readers;
}

QueueStrip stripOf(const QueueInfo& queue, const std::vector<const GroupInfo*>& readers)
{
    QueueStrip strip;
    strip.isKnown = queue.minOffset && queue.maxOffset;
    strip.minOffset = queue.minOffset.value_or(0);
    strip.maxOffset = queue.maxOffset.value_or(0);
    for (const GroupInfo* reader : readers) {
        const GroupInfo& group = *reader;
        const auto at = std::lower_bound(
            group.queues.begin(), group.queues.end(), queue.queue,
            [](const GroupQueueInfo& a, const MessageQueue& b) { return a.queue < b; });
        if (at != group.queues.end() && at->queue == queue.queue && at->consumerOffset) {
            strip.markers.push_back({format::text(group.name), *at->consumerOffset});
        }
    }
    std::stable_sort(strip.markers.begin(), strip.markers.end(),
                     [](const auto& a, const auto& b) { return a.offset < b.offset; });
    return strip;
}

QueueModel::QueueModel(QObject* parent)
    : RowModel(parent)
{
    std::vector<Column<QueueRow>> columns(LastStored + 1);
    columns[Broker] =
        textColumn<QueueRow>({"broker", tr("Broker"), {}, Align::Left, 12},
                             [](const QueueRow& q) { return q.info.queue.brokerName; });
    columns[Queue] = countColumn<QueueRow>(
        {"queue", tr("Queue"), tr("Queue id on its broker"), Align::Right, 7},
        [](const QueueRow& q) { return std::optional<std::int64_t>(q.info.queue.queueId); });
    columns[Strip] = {{"strip", tr("Expired · consumed · backlog"),
                       tr("From offset 0 on the left to the end of the queue. A triangle marks "
                          "where each group is"),
                       Align::Left, 0},
                      [](const QueueRow&) { return QString(); },
                      [](const QueueRow& q) { return rawOf(q.info.maxOffset); },
                      [](const QueueRow& q) { return stripTip(q.strip); },
                      [](const QueueRow&) {
                          CellStyle s;
                          s.kind = CellStyle::Kind::Strip;
                          return s;
                      },
                      [](const QueueRow& q) { return QVariant::fromValue(q.strip); }};
    columns[MinOffset] = countColumn<QueueRow>(
        {"min", tr("Begin"), tr("Smallest offset still stored"), Align::Right, 10},
        [](const QueueRow& q) { return q.info.minOffset; });
    columns[MaxOffset] = countColumn<QueueRow>(
        {"max", tr("End"), tr("Offset the next message will get"), Align::Right, 10},
        [](const QueueRow& q) { return q.info.maxOffset; });
    columns[Messages] =
        countColumn<QueueRow>({"messages", tr("Messages"), tr("End minus begin"), Align::Right, 10},
                              [](const QueueRow& q) -> std::optional<std::int64_t> {
                                  if (!q.info.minOffset || !q.info.maxOffset) {
                                      return std::nullopt;
                                  }
                                  return *q.info.maxOffset - *q.info.minOffset;
                              });
    columns[LastStored] = timeColumn<QueueRow>(
        {"last", tr("Last message"), tr("When the newest message was stored"), Align::Left, 12},
        [](const QueueRow& q) { return q.info.lastStoreTimestampMs; });
    setColumns(std::move(columns));
}

void QueueModel::apply(const SnapshotPtr& snapshot, const std::string& topic)
{
    Rows rows;
    const auto at =
        std::lower_bound(snapshot->topics.begin(), snapshot->topics.end(), topic,
                         [](const TopicInfo& a, const std::string& b) { return a.name < b; });
    if (at != snapshot->topics.end() && at->name == topic) {
        const auto readers = readersOf(topic, *snapshot); // not every group for every queue
        for (const auto& queue : at->queues) {
            rows.push_back(
                std::make_shared<const QueueRow>(QueueRow{queue, stripOf(queue, readers)}));
        }
    }
    applyRows(std::move(rows));
}

bool QueueModel::isBefore(const QueueRow& a, const QueueRow& b) const
{
    return a.info.queue < b.info.queue;
}

bool QueueModel::looksSame(const QueueRow& a, const QueueRow& b) const
{
    return a.strip == b.strip && a.info.minOffset == b.info.minOffset &&
           a.info.maxOffset == b.info.maxOffset &&
           a.info.lastStoreTimestampMs == b.info.lastStoreTimestampMs;
}

QString QueueModel::keyText(const QueueRow& row) const
{
    return QStringLiteral("%1 %2 %3")
        .arg(format::text(row.info.queue.topic), format::text(row.info.queue.brokerName))
        .arg(row.info.queue.queueId);
}

} // namespace gantry::ui
