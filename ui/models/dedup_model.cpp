// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/dedup_model.h"

#include "ui/models/cells.h"

#include <tuple>

namespace gantry::ui {

DedupModel::DedupModel(QObject* parent)
    : RowModel(parent)
{
    using Row = DedupEntry;
    std::vector<Column<Row>> columns(MessageId + 1);
    columns[Key] = textColumn<Row>(
        {"key", tr("Message key"), tr("With the group the primary key of the log"), Align::Left,
         24, false, 14},
        [](const Row& e) { return e.key; }, CellStyle::Kind::Mono);
    columns[Group] = textColumn<Row>({"group", tr("Group"), {}, Align::Left, 24},
                                     [](const Row& e) { return e.group; });
    columns[FirstSeen] = timeColumn<Row>(
        {"first", tr("First seen"), tr("When the first delivery got in"), Align::Left, 19, false,
         14},
        [](const Row& e) { return std::optional<std::int64_t>(e.firstSeenMs); }, true);
    columns[State] = {
        {"state", tr("State"),
         tr("Done: the effect is committed. In progress: the row is there, the effect is not "
            "(yet)"),
         Align::Left, 13, false, 13},
        [](const Row& e) { return e.state == DedupState::Done ? tr("Done") : tr("In progress"); },
        {},
        {},
        [](const Row& e) {
            return e.state == DedupState::Done ? badge(ColorRole::Ok, CellStyle::Shape::Check)
                                               : badge(ColorRole::Half, CellStyle::Shape::Clock);
        },
        {}};
    columns[Refused] = countColumn<Row>(
        {"refused", tr("Refused"), tr("Later deliveries of the same key that were refused"),
         Align::Right, 9},
        [](const Row& e) { return std::optional<std::int64_t>(e.refusedCount); });
    columns[Refused].cell = [](const Row& e) {
        return e.refusedCount > 0 ? badge(ColorRole::Backlog, CellStyle::Shape::Cross)
                                  : CellStyle{};
    };
    columns[LastRefused] =
        timeColumn<Row>({"last", tr("Last refused"), {}, Align::Left, 12}, [](const Row& e) {
            return e.lastRefusedMs == 0 ? std::nullopt
                                        : std::optional<std::int64_t>(e.lastRefusedMs);
        });
    columns[LastRefused].tip = [](const Row& e) {
        return e.lastRefusedMs == 0 ? tr("Never refused") : format::dateTime(e.lastRefusedMs);
    };
    columns[Topic] = textColumn<Row>({"topic", tr("Topic"), {}, Align::Left, 18},
                                     [](const Row& e) { return e.topic; });
    columns[Queue] = {
        {"queue", tr("Queue"), tr("Broker and queue of the delivery that got in"), Align::Left, 13},
        [](const Row& e) {
            return QStringLiteral("%1/%2").arg(format::text(e.brokerName)).arg(e.queueId);
        },
        {},
        {},
        {},
        {}};
    columns[Offset] =
        countColumn<Row>({"offset", tr("Offset"), {}, Align::Right, 9},
                         [](const Row& e) { return std::optional<std::int64_t>(e.queueOffset); });
    columns[MessageId] = textColumn<Row>(
        {"id", tr("Message id"), {}, Align::Left, 34, false, 14}, [](const Row& e) { return e.messageId; },
        CellStyle::Kind::Mono);
    setColumns(std::move(columns));
}

void DedupModel::setEntries(std::vector<DedupEntry> entries)
{
    Rows rows;
    rows.reserve(entries.size());
    for (auto& entry : entries) {
        rows.push_back(std::make_shared<const DedupEntry>(std::move(entry)));
    }
    applyRows(std::move(rows));
}

bool DedupModel::isBefore(const DedupEntry& a, const DedupEntry& b) const
{
    if (a.firstSeenMs != b.firstSeenMs) {
        return a.firstSeenMs > b.firstSeenMs;
    }
    return std::tie(a.group, a.key) < std::tie(b.group, b.key);
}

bool DedupModel::looksSame(const DedupEntry& a, const DedupEntry& b) const
{
    return a.refusedCount == b.refusedCount && a.lastRefusedMs == b.lastRefusedMs &&
           a.state == b.state;
}

QString DedupModel::keyText(const DedupEntry& row) const
{
    return format::text(row.group) + QLatin1Char('\n') + format::text(row.key);
}

} // namespace gantry::ui
