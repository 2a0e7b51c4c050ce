// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/connection_model.h"

#include "ui/models/cells.h"
#include "ui/models/snapshot_rows.h"

#include <QCoreApplication>

#include <tuple>

namespace gantry::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("ConnectionModel", text);
}

Column<ConnectionInfo> byteColumn(ColumnInfo info,
                                  std::optional<std::int64_t> ConnectionInfo::*member)
{
    auto column = countColumn<ConnectionInfo>(
        std::move(info), [member](const ConnectionInfo& c) { return c.*member; });
    column.text = [member](const ConnectionInfo& c) { return format::bytes(c.*member); };
    return column;
}

QString libraryText(const ConnectionInfo& c)
{
    if (c.language.empty() && c.versionText.empty()) {
        return format::unknown();
    }
    const QString version = format::text(c.versionText);
    return version.startsWith(QLatin1String("Gantry"))
               ? version
               : (format::text(c.language) + QLatin1Char(' ') + version).trimmed();
}

QString roleText(const std::string& role)
{
    if (role == "producer") {
        return tr("Producer");
    }
    if (role == "consumer") {
        return tr("Consumer");
    }
    if (role == "broker") {
        return tr("Broker");
    }
    return role.empty() || role == "client" ? tr("Client") : format::text(role);
}

} // namespace

ConnectionModel::ConnectionModel(QObject* parent)
    : RowModel(parent)
{
    using Row = ConnectionInfo;
    std::vector<Column<Row>> columns(BytesOut + 1);
    columns[Client] = textColumn<Row>(
        {"client", tr("Client id"), tr("As the client calls itself in its heartbeat"), Align::Left,
         30, false, 16},
        [](const Row& c) { return c.clientId; }, CellStyle::Kind::Mono);
    columns[Client].text = [](const Row& c) {
        return c.clientId.empty() ? tr("no heartbeat yet") : format::text(c.clientId);
    };
    columns[Origin] = {
        {"origin", tr("Origin"),
         tr("Own: the demo's and the window's clients, in this process. Outside: another program's"),
         Align::Left, 10, false, 10},
        [](const Row& c) { return c.isOfThisProcess ? tr("Own") : tr("Outside"); },
        {},
        {},
        [](const Row& c) {
            return c.isOfThisProcess ? badge(ColorRole::SecondaryText, CellStyle::Shape::Ring)
                                     : badge(ColorRole::Accent, CellStyle::Shape::Dot);
        },
        {}};
    columns[Role] = {{"role", tr("Role"), {}, Align::Left, 11},
                     [](const Row& c) { return roleText(c.role); },
                     {},
                     {},
                     {},
                     {}};
    columns[Group] =
        textColumn<Row>({"group", tr("Group"), tr("Producer or consumer group"), Align::Left, 24, false, 12},
                        [](const Row& c) { return c.group; });
    columns[Library] = {
        {"library", tr("Library"), tr("Language and version of the client library"), Align::Left,
         16},
        libraryText,
        [](const Row& c) {
            return c.language.empty() && c.versionText.empty() ? QVariant()
                                                               : QVariant(libraryText(c));
        },
        {},
        {},
        {}};
    columns[Remote] = textColumn<Row>(
        {"remote", tr("Address"), tr("Where the client comes from"), Align::Left, 18, false, 12},
        [](const Row& c) { return c.remoteAddress; }, CellStyle::Kind::Mono);
    columns[Peer] =
        textColumn<Row>({"peer", tr("Node"), tr("The broker or NameServer it is connected to"), Align::Left, 14},
                        [](const Row& c) { return c.peerName; });
    columns[Since] = timeColumn<Row>(
        {"since", tr("Since"), tr("When the connection was opened"), Align::Left, 10, true},
        [](const Row& c) { return c.connectedAtMs; });
    columns[Heartbeat] = {
        {"heartbeat", tr("Heartbeat"),
         tr("The last one. Clients beat every 30 s; after 120 s without one they count as gone"), Align::Left,
         14},
        [this](const Row& c) {
            return c.lastHeartbeatMs ? format::age(*c.lastHeartbeatMs, m_nowMs) : format::unknown();
        },
        [](const Row& c) { return rawOf(c.lastHeartbeatMs); },
        [](const Row& c) {
            return c.lastHeartbeatMs ? format::dateTime(*c.lastHeartbeatMs)
                                     : tr("No heartbeat was received on this connection");
        },
        {},
        {}};
    columns[BytesIn] = byteColumn(
        {"in", tr("Received"), tr("Bytes the server received from it"), Align::Right, 10},
        &ConnectionInfo::bytesIn);
    columns[BytesOut] =
        byteColumn({"out", tr("Sent"), tr("Bytes the server sent to it"), Align::Right, 10},
                   &ConnectionInfo::bytesOut);
    setColumns(std::move(columns));
}

void ConnectionModel::apply(const SnapshotPtr& snapshot)
{
    m_nowMs = snapshot->takenAtMs;
    applyRows(rowsOf(snapshot, snapshot->connections));
}

bool ConnectionModel::isBefore(const ConnectionInfo& a, const ConnectionInfo& b) const
{
    const auto key = [](const ConnectionInfo& c) {
        return std::tie(c.clientId, c.role, c.group, c.remoteAddress, c.peerName);
    };
    return key(a) < key(b);
}

bool ConnectionModel::looksSame(const ConnectionInfo& a, const ConnectionInfo& b) const
{
    // The age of the heartbeat changes as time passes.
    const auto shown = [](const ConnectionInfo& c) {
        return std::tie(c.bytesIn, c.bytesOut, c.language, c.versionText, c.connectedAtMs);
    };
    return !a.lastHeartbeatMs && !b.lastHeartbeatMs && shown(a) == shown(b);
}

QString ConnectionModel::keyText(const ConnectionInfo& c) const
{
    return QStringLiteral("%1|%2|%3|%4|%5")
        .arg(format::text(c.clientId), format::text(c.role), format::text(c.group),
             format::text(c.remoteAddress), format::text(c.peerName));
}

QString ConnectionModel::filterText(const ConnectionInfo& c) const
{
    return keyText(c) + QLatin1Char(' ') + format::text(c.language) + QLatin1Char(' ') +
           format::text(c.versionText);
}

} // namespace gantry::ui
