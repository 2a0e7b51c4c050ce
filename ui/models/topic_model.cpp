// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/topic_model.h"

#include "ui/models/cells.h"
#include "ui/models/snapshot_rows.h"

#include <tuple>

namespace gantry::ui {

namespace {

QString joined(const std::vector<std::string>& words)
{
    QStringList list;
    for (const auto& word : words) {
        list += format::text(word);
    }
    return list.join(QStringLiteral(", "));
}

} // namespace

QString TopicModel::kindText(TopicKind kind)
{
    switch (kind) {
    case TopicKind::Normal:
        return tr("Normal");
    case TopicKind::Retry:
        return tr("Retry");
    case TopicKind::DeadLetter:
        return tr("Dead letter");
    case TopicKind::System:
        return tr("System");
    }
    return {};
}

CellStyle TopicModel::kindBadge(TopicKind kind)
{
    switch (kind) {
    case TopicKind::Normal:
        return badge(ColorRole::Accent, CellStyle::Shape::Ring);
    case TopicKind::Retry:
        return badge(ColorRole::Retry, CellStyle::Shape::Retry);
    case TopicKind::DeadLetter:
        return badge(ColorRole::Error, CellStyle::Shape::Cross);
    case TopicKind::System:
        return badge(ColorRole::SecondaryText, CellStyle::Shape::Lock);
    }
    return {};
}

TopicModel::TopicModel(QObject* parent)
    : RowModel(parent)
{
    std::vector<Column<TopicInfo>> columns(LastStored + 1);
    columns[Name] = {{"name", tr("Topic"), tr("Name of the topic"), Align::Left, 32},
                     [](const TopicInfo& t) { return format::text(t.name); },
                     {},
                     {},
                     {},
                     {}};
    columns[Kind] = {{"kind", tr("Kind"),
                      tr("Retry and dead-letter topics belong to one consumer group each"),
                      Align::Left, 13, false, 13},
                     [](const TopicInfo& t) { return kindText(t.kind); },
                     {},
                     {},
                     [](const TopicInfo& t) { return kindBadge(t.kind); },
                     {}};
    columns[Queues] = {
        {"queues", tr("Queues"), tr("Queues over all brokers"), Align::Right, 8},
        [](const TopicInfo& t) {
            return format::count(static_cast<std::int64_t>(t.queues.size()));
        },
        [](const TopicInfo& t) { return QVariant(static_cast<qlonglong>(t.queues.size())); },
        [](const TopicInfo& t) {
            return tr("%1 read and %2 write queues per broker")
                .arg(t.readQueues)
                .arg(t.writeQueues);
        },
        {},
        {}};
    columns[Brokers] = {
        {"brokers", tr("Brokers"), tr("Brokers that hold the topic"), Align::Left, 18},
        [](const TopicInfo& t) { return joined(t.brokers); },
        {},
        {},
        {},
        {}};
    columns[Permission] = {
        {"perm", tr("Access"), tr("R = may be read, W = may be written"), Align::Left, 7, true},
        [](const TopicInfo& t) { return format::permission(t.permission); },
        {},
        {},
        [](const TopicInfo&) { return mono(); },
        {}};
    columns[Messages] = countColumn<TopicInfo>(
        {"messages", tr("Messages"), tr("Messages stored now: end minus begin of every queue"),
         Align::Right, 11},
        [](const TopicInfo& t) { return t.messages; });
    columns[PutRate] = rateColumn<TopicInfo>(
        {"put", tr("Put/s"), tr("Messages written per second"), Align::Right, 8},
        [](const TopicInfo& t) { return t.putRate; });
    columns[GetRate] = rateColumn<TopicInfo>(
        {"get", tr("Get/s"), tr("Messages read per second, by all groups"), Align::Right, 8},
        [](const TopicInfo& t) { return t.getRate; });
    columns[Groups] = {
        {"groups", tr("Groups"), tr("Consumer groups with offsets or a subscription"), Align::Right,
         8},
        [](const TopicInfo& t) {
            return format::count(static_cast<std::int64_t>(t.groups.size()));
        },
        [](const TopicInfo& t) { return QVariant(static_cast<qlonglong>(t.groups.size())); },
        [](const TopicInfo& t) { return joined(t.groups); },
        {},
        {}};
    columns[Lag] = barColumn<TopicInfo>(
        {"lag", tr("Largest lag"), tr("Messages the slowest group has not consumed yet"),
         Align::Right, 13},
        [](const TopicInfo& t) { return t.lagMax; }, [this] { return m_lagMax; },
        tr("No group consumes this topic, or its offsets could not be read"));
    columns[LastStored] = {
        {"last", tr("Last message"), tr("When the newest message was stored"), Align::Left, 12},
        [](const TopicInfo& t) {
            return t.lastStoreTimestampMs ? format::when(*t.lastStoreTimestampMs)
                                          : format::unknown();
        },
        [](const TopicInfo& t) { return rawOf(t.lastStoreTimestampMs); },
        [](const TopicInfo& t) {
            return t.lastStoreTimestampMs ? format::dateTime(*t.lastStoreTimestampMs)
                                          : tr("No message, or its time is not known");
        },
        {},
        {}};
    setColumns(std::move(columns));
}

void TopicModel::apply(const SnapshotPtr& snapshot)
{
    m_lagMax = 0;
    for (const auto& topic : snapshot->topics) {
        m_lagMax = std::max(m_lagMax, topic.lagMax.value_or(0));
    }
    applyRows(rowsOf(snapshot, snapshot->topics));
}

bool TopicModel::isBefore(const TopicInfo& a, const TopicInfo& b) const
{
    return a.name < b.name;
}

bool TopicModel::looksSame(const TopicInfo& a, const TopicInfo& b) const
{
    const auto shown = [](const TopicInfo& t) {
        return std::tuple(t.kind, t.permission, t.readQueues, t.writeQueues, t.messages, t.putRate,
                          t.getRate, t.lastStoreTimestampMs, t.lagMax, t.queues.size());
    };
    return shown(a) == shown(b) && a.brokers == b.brokers && a.groups == b.groups;
}

QString TopicModel::keyText(const TopicInfo& row) const
{
    return format::text(row.name);
}

} // namespace gantry::ui
