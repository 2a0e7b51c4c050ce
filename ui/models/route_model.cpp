// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/route_model.h"

#include "ui/models/cells.h"

namespace gantry::ui {

RouteModel::RouteModel(QObject* parent)
    : RowModel(parent)
{
    std::vector<Column<RouteRow>> columns(Messages + 1);
    columns[Broker] = textColumn<RouteRow>({"broker", tr("Broker"), {}, Align::Left, 16},
                                           [](const RouteRow& r) { return r.brokerName; });
    columns[State] = {
        {"state", tr("State"), {}, Align::Left, 12},
        [](const RouteRow& r) {
            return r.address.empty() ? tr("Unknown") : r.isUp ? tr("Running") : tr("Down");
        },
        {},
        {},
        [](const RouteRow& r) {
            return r.address.empty() ? badge(ColorRole::Unknown, CellStyle::Shape::Question)
                   : r.isUp          ? badge(ColorRole::Ok, CellStyle::Shape::Check)
                                     : badge(ColorRole::Error, CellStyle::Shape::Cross);
        },
        {}};
    columns[Address] = textColumn<RouteRow>(
        {"address", tr("Address of the master"), {}, Align::Left, 24},
        [](const RouteRow& r) { return r.address; }, CellStyle::Kind::Mono);
    columns[Queues] =
        countColumn<RouteRow>({"queues", tr("Queues"), {}, Align::Right, 8}, [](const RouteRow& r) {
            return std::optional<std::int64_t>(r.queues);
        });
    columns[Permission] = {
        {"perm", tr("Access"), tr("R = may be read, W = may be written"), Align::Left, 8},
        [](const RouteRow& r) { return format::permission(r.permission); },
        {},
        {},
        [](const RouteRow&) { return mono(); },
        {}};
    columns[Messages] = countColumn<RouteRow>(
        {"messages", tr("Messages"), tr("Stored on this broker now"), Align::Right, 12},
        [](const RouteRow& r) { return r.messages; });
    setColumns(std::move(columns));
}

void RouteModel::apply(const SnapshotPtr& snapshot, const std::string& topic)
{
    Rows rows;
    const auto at =
        std::lower_bound(snapshot->topics.begin(), snapshot->topics.end(), topic,
                         [](const TopicInfo& a, const std::string& b) { return a.name < b; });
    if (at != snapshot->topics.end() && at->name == topic) {
        for (const auto& name : at->brokers) {
            RouteRow row{name, {}, false, 0, at->permission, 0};
            for (const auto& broker : snapshot->brokers) {
                if (broker.name == name && broker.id == 0) {
                    row.address = broker.address;
                    row.isUp = broker.isUp;
                }
            }
            for (const auto& queue : at->queues) {
                if (queue.queue.brokerName == name) {
                    ++row.queues;
                    const bool isKnown = row.messages && queue.minOffset && queue.maxOffset;
                    row.messages =
                        isKnown ? std::optional(*row.messages + *queue.maxOffset - *queue.minOffset)
                                : std::nullopt;
                }
            }
            rows.push_back(std::make_shared<const RouteRow>(std::move(row)));
        }
    }
    applyRows(std::move(rows));
}

} // namespace gantry::ui
