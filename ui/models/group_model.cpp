// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/group_model.h"

#include "ui/models/cells.h"
#include "ui/models/snapshot_rows.h"

#include <QCoreApplication>

#include <tuple>

namespace gantry::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("GroupModel", text);
}

QString modeText(const GroupInfo& group)
{
    if (group.consumeTypeText.empty() && group.messageModelText.empty()) {
        return format::unknown();
    }
    return format::text(group.consumeTypeText) + QStringLiteral(" · ") +
           format::text(group.messageModelText);
}

/// A count that is worrying when it is not 0.
template <typename Get>
Column<GroupInfo> alarmColumn(ColumnInfo info, Get get, ColorRole color, CellStyle::Shape shape)
{
    auto column =
        countColumn<GroupInfo>(std::move(info), get, tr("Could not be read from the broker"));
    column.cell = [get, color, shape](const GroupInfo& group) {
        const auto value = get(group);
        if (!value) {
            return unknownCell();
        }
        return *value > 0 ? badge(color, shape) : CellStyle{};
    };
    return column;
}

} // namespace

GroupModel::GroupModel(QObject* parent)
    : RowModel(parent)
{
    std::vector<Column<GroupInfo>> columns(DeadLetters + 1);
    columns[Name] = textColumn<GroupInfo>({"name", tr("Group"), {}, Align::Left, 30},
                                          [](const GroupInfo& g) { return g.name; });
    columns[State] = {{"state", tr("State"), tr("Online: at least one client sends heartbeats"),
                       Align::Left, 11, false, 10},
                      [](const GroupInfo& g) { return g.isOnline ? tr("Online") : tr("Offline"); },
                      {},
                      {},
                      [](const GroupInfo& g) {
                          return g.isOnline ? badge(ColorRole::Ok, CellStyle::Shape::Check)
                                            : badge(ColorRole::Unknown, CellStyle::Shape::Ring);
                      },
                      {}};
    columns[Mode] = {{"mode", tr("Mode"),
                      tr("How it consumes, and whether its clients share the messages (clustering) "
                         "or each get all (broadcasting)"),
                      Align::Left, 18},
                     modeText,
                     {},
                     [](const GroupInfo& g) {
                         return g.consumeTypeText.empty()
                                    ? tr("Known once a client of the group was online")
                                    : QString();
                     },
                     {},
                     {}};
    columns[Clients] = {
        {"clients", tr("Clients"), tr("Clients online now"), Align::Right, 8},
        [](const GroupInfo& g) {
            return format::count(static_cast<std::int64_t>(g.clientIds.size()));
        },
        [](const GroupInfo& g) { return QVariant(static_cast<qlonglong>(g.clientIds.size())); },
        {},
        {},
        {}};
    columns[Topics] = {
        {"topics", tr("Topics"), tr("Topics it subscribes to or has offsets in"), Align::Left, 24},
        [](const GroupInfo& g) {
            QStringList names;
            for (const auto& topic : g.topics) {
                names += format::text(topic);
            }
            return names.isEmpty() ? format::unknown() : names.join(QStringLiteral(", "));
        },
        {},
        {},
        {},
        {}};
    columns[Rate] = rateColumn<GroupInfo>(
        {"rate", tr("Consumed/s"), tr("Messages consumed per second"), Align::Right, 11},
        [](const GroupInfo& g) { return g.consumeRate; });
    columns[Lag] = barColumn<GroupInfo>(
        {"lag", tr("Lag"),
         tr("Messages stored and not consumed yet, over all queues but dead letters"), Align::Right,
         13},
        [](const GroupInfo& g) { return g.lag; }, [this] { return m_lagMax; },
        tr("Its offsets could not be read"));
    columns[RetryWaiting] = alarmColumn(
        {"retry", tr("Retrying"), tr("Failed messages that wait for their next attempt"),
         Align::Right, 10},
        [](const GroupInfo& g) { return g.retryWaiting; }, ColorRole::Retry,
        CellStyle::Shape::Retry);
    columns[DeadLetters] = alarmColumn(
        {"dead", tr("Dead letters"), tr("Messages that failed on every attempt"), Align::Right, 12},
        [](const GroupInfo& g) { return g.deadLetters; }, ColorRole::Error,
        CellStyle::Shape::Cross);
    setColumns(std::move(columns));
}

void GroupModel::apply(const SnapshotPtr& snapshot)
{
    m_lagMax = 0;
    for (const auto& group : snapshot->groups) {
        m_lagMax = std::max(m_lagMax, group.lag.value_or(0));
    }
    applyRows(rowsOf(snapshot, snapshot->groups));
}

bool GroupModel::isBefore(const GroupInfo& a, const GroupInfo& b) const
{
    return a.name < b.name;
}

bool GroupModel::looksSame(const GroupInfo& a, const GroupInfo& b) const
{
    const auto shown = [](const GroupInfo& g) {
        return std::tuple(g.isOnline, g.lag, g.consumeRate, g.retryWaiting, g.deadLetters,
                          g.clientIds.size());
    };
    return shown(a) == shown(b) && a.consumeTypeText == b.consumeTypeText &&
           a.messageModelText == b.messageModelText && a.topics == b.topics;
}

QString GroupModel::keyText(const GroupInfo& row) const
{
    return format::text(row.name);
}

} // namespace gantry::ui
