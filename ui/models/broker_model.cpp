// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/broker_model.h"

#include "ui/models/cells.h"

#include <QCoreApplication>

#include <tuple>

namespace gantry::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("BrokerModel", text);
}

/// A latency of the last interval; unknown when nothing was measured in it.
template <typename Get>
Column<NodeRow> latencyColumn(ColumnInfo info, Get get)
{
    Column<NodeRow> column;
    static_cast<ColumnInfo&>(column) = std::move(info);
    const auto p99 = [get](const NodeRow& n) -> std::optional<std::int64_t> {
        if (!n.broker) {
            return std::nullopt;
        }
        const std::optional<LatencyView>& view = get(*n.broker);
        return view && view->count > 0 ? std::optional(view->p99) : std::nullopt;
    };
    column.text = [p99](const NodeRow& n) {
        const auto value = p99(n);
        return value ? format::latency(*value) : format::unknown();
    };
    column.raw = [p99](const NodeRow& n) { return rawOf(p99(n)); };
    column.tip = [get](const NodeRow& n) {
        if (!n.broker) {
            return tr("NameServers store no messages");
        }
        const std::optional<LatencyView>& view = get(*n.broker);
        if (!view || view->count == 0) {
            return tr("Nothing was measured in the last interval");
        }
        return tr("%1 samples · p50 %2 · p95 %3 · p99 %4 · p99.9 %5 · max %6")
            .arg(format::count(view->count), format::latency(view->p50), format::latency(view->p95),
                 format::latency(view->p99), format::latency(view->p999),
                 format::latency(view->max));
    };
    return column;
}

template <typename Member>
auto ofBroker(Member member)
{
    using Value = std::remove_cvref_t<decltype(std::declval<BrokerInfo>().*member)>;
    return [member](const NodeRow& n) -> Value { return n.broker ? (*n.broker).*member : Value{}; };
}

} // namespace

QString NodeRow::name() const
{
    if (!broker) {
        return tr("NameServer");
    }
    return broker->id == 0 ? format::text(broker->name)
                           : tr("%1 (slave %2)").arg(format::text(broker->name)).arg(broker->id);
}

QString flushModeWord(const std::string& flushModeText)
{
    if (flushModeText == "SYNC_FLUSH") {
        return tr("sync");
    }
    if (flushModeText == "ASYNC_FLUSH") {
        return tr("async");
    }
    return format::textOrUnknown(flushModeText);
}

BrokerModel::BrokerModel(QObject* parent)
    : RowModel(parent)
{
    std::vector<Column<NodeRow>> columns(Connections + 1);
    columns[Name] = {{"name", tr("Name"), {}, Align::Left, 14, false, 12},
                     [](const NodeRow& n) { return n.name(); },
                     {},
                     {},
                     {},
                     {}};
    columns[Role] = {{"role", tr("Role"),
                      tr("NameServers tell clients where topics are. A broker with id 0 is the "
                         "master of its name"),
                      Align::Left, 12, true},
                     [](const NodeRow& n) {
                         return !n.broker           ? tr("Routing")
                                : n.broker->id == 0 ? tr("Master")
                                                    : tr("Slave %1").arg(n.broker->id);
                     },
                     {},
                     {},
                     {},
                     {}};
    columns[State] = {
        {"state", tr("State"), tr("Answers requests and can write"), Align::Left, 13, false, 12},
        [](const NodeRow& n) {
            if (!n.isUp()) {
                return tr("Down");
            }
            return n.problem().empty() ? tr("Running")
                   : n.broker          ? format::sentence(n.broker->storeStateText)
                                       : tr("Problem");
        },
        {},
        [](const NodeRow& n) {
            return n.problem().empty() ? QString() : format::text(n.problem());
        },
        [](const NodeRow& n) {
            return !n.isUp()             ? badge(ColorRole::Error, CellStyle::Shape::Cross)
                   : n.problem().empty() ? badge(ColorRole::Ok, CellStyle::Shape::Check)
                                         : badge(ColorRole::Backlog, CellStyle::Shape::Warning);
        },
        {}};
    columns[Address] = textColumn<NodeRow>(
        {"address", tr("Address"), {}, Align::Left, 18, false, 16},
        [](const NodeRow& n) { return n.address(); }, CellStyle::Kind::Mono);
    columns[Version] = textColumn<NodeRow>({"version", tr("Version"), {}, Align::Left, 13, true},
                                           ofBroker(&BrokerInfo::versionText));
    columns[Flush] = {
        {"flush", tr("Flush"),
         tr("sync: acknowledged means on disk; async: acknowledged means in the page cache"),
         Align::Left, 8},
        [](const NodeRow& n) {
            return n.broker ? flushModeWord(n.broker->flushModeText) : format::unknown();
        },
        [](const NodeRow& n) {
            return n.broker ? QVariant(flushModeWord(n.broker->flushModeText)) : QVariant();
        },
        {},
        {},
        {}};
    columns[PutRate] = rateColumn<NodeRow>(
        {"put", tr("Put/s"), tr("Messages written per second"), Align::Right, 8},
        ofBroker(&BrokerInfo::putRate));
    columns[GetRate] =
        rateColumn<NodeRow>({"get", tr("Get/s"), tr("Messages read per second"), Align::Right, 8},
                            ofBroker(&BrokerInfo::getRate));
    columns[PutP99] = latencyColumn(
        {"putp99", tr("Put p99"), tr("99 of 100 puts of the last interval were answered within"),
         Align::Right, 10},
        [](const BrokerInfo& b) -> const auto& { return b.putLatency; });
    columns[FlushP99] = latencyColumn(
        {"flushp99", tr("Flush p99"), tr("99 of 100 flushes of the last interval took at most"),
         Align::Right, 10},
        [](const BrokerInfo& b) -> const auto& { return b.flushLatency; });
    columns[Behind] = countColumn<NodeRow>(
        {"behind", tr("Unflushed"), tr("Bytes written and not yet on disk"), Align::Right, 11},
        ofBroker(&BrokerInfo::flushBehindBytes));
    columns[Behind].text = [](const NodeRow& n) {
        return n.broker ? format::bytes(n.broker->flushBehindBytes) : format::unknown();
    };
    columns[Disk] = {
        {"disk", tr("Disk"),
         tr("Share of the disk that holds the CommitLog. From 90 % on, writes are refused"),
         Align::Right, 10},
        [](const NodeRow& n) {
            return n.broker ? format::percent(n.broker->diskUsedRatio) : format::unknown();
        },
        [](const NodeRow& n) { return n.broker ? rawOf(n.broker->diskUsedRatio) : QVariant(); },
        [](const NodeRow& n) {
            return n.broker && n.broker->diskAvailableBytes
                       ? tr("%1 free").arg(format::bytes(*n.broker->diskAvailableBytes))
                       : QString();
        },
        [](const NodeRow& n) {
            if (!n.broker || !n.broker->diskUsedRatio) {
                return unknownCell();
            }
            CellStyle style;
            style.kind = CellStyle::Kind::Bar;
            style.fraction = *n.broker->diskUsedRatio;
            style.color = style.fraction >= 0.9    ? ColorRole::Error
                          : style.fraction >= 0.75 ? ColorRole::Backlog
                                                   : ColorRole::Accent;
            return style;
        },
        {}};
    columns[Connections] = countColumn<NodeRow>(
        {"connections", tr("Connections"), tr("Open client connections"), Align::Right, 12},
        [](const NodeRow& n) {
            return n.broker ? n.broker->connections : n.nameServer->connectionCount;
        });
    setColumns(std::move(columns));
}

void BrokerModel::apply(const SnapshotPtr& snapshot)
{
    Rows rows;
    for (const auto& nameServer : snapshot->nameServers) {
        rows.push_back(std::make_shared<const NodeRow>(NodeRow{nullptr, {snapshot, &nameServer}}));
    }
    for (const auto& broker : snapshot->brokers) {
        rows.push_back(std::make_shared<const NodeRow>(NodeRow{{snapshot, &broker}, nullptr}));
    }
    applyRows(std::move(rows));
}

bool BrokerModel::isBefore(const NodeRow& a, const NodeRow& b) const
{
    if (!a.broker || !b.broker) {
        return !a.broker && !b.broker ? a.address() < b.address() : !a.broker && b.broker;
    }
    return std::tie(a.broker->name, a.broker->id, a.broker->address) <
           std::tie(b.broker->name, b.broker->id, b.broker->address);
}

bool BrokerModel::looksSame(const NodeRow& a, const NodeRow& b) const
{
    // A few rows whose rates change with every snapshot: comparing them would cost more than
    // repainting.
    return !a.broker && !b.broker && a.isUp() == b.isUp() && a.problem() == b.problem() &&
           a.nameServer->connectionCount == b.nameServer->connectionCount;
}

QString BrokerModel::keyText(const NodeRow& row) const
{
    return row.broker
               ? QStringLiteral("%1:%2").arg(format::text(row.broker->name)).arg(row.broker->id)
               : format::text(row.address());
}

QString BrokerModel::filterText(const NodeRow& row) const
{
    return row.name() + QLatin1Char(' ') + format::text(row.address());
}

} // namespace gantry::ui
