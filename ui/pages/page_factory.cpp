// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/page_factory.h"

#include "ui/pages/brokers_page.h"
#include "ui/pages/connections_page.h"
#include "ui/pages/dedup_page.h"
#include "ui/pages/groups_page.h"
#include "ui/pages/messages_page.h"
#include "ui/pages/overview_page.h"
#include "ui/pages/retry_page.h"
#include "ui/pages/topics_page.h"

#include <QCoreApplication>

namespace gantry::ui {

const std::vector<PageEntry>& pageEntries()
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("Pages", text); };
    static const std::vector<PageEntry> entries{
        {QStringLiteral("overview"), QStringLiteral("overview"), tr("Overview")},
        {QStringLiteral("topics"), QStringLiteral("topics"), tr("Topics")},
        {QStringLiteral("groups"), QStringLiteral("groups"), tr("Consumer groups")},
        {QStringLiteral("messages"), QStringLiteral("messages"), tr("Messages")},
        {QStringLiteral("retry"), QStringLiteral("retry"), tr("Retry & dead letters")},
        {QStringLiteral("dedup"), QStringLiteral("dedup"), tr("Dedup log")},
        {QStringLiteral("brokers"), QStringLiteral("brokers"), tr("Brokers & NameServers")},
        {QStringLiteral("connections"), QStringLiteral("connections"), tr("Connections")},
    };
    return entries;
}

Page* makePage(const QString& id, EngineBridge* bridge)
{
    if (id == QLatin1String("overview")) {
        return new OverviewPage(bridge);
    }
    if (id == QLatin1String("topics")) {
        return new TopicsPage(bridge);
    }
    if (id == QLatin1String("groups")) {
        return new GroupsPage(bridge);
    }
    if (id == QLatin1String("messages")) {
        return new MessagesPage(bridge);
    }
    if (id == QLatin1String("retry")) {
        return new RetryPage(bridge);
    }
    if (id == QLatin1String("dedup")) {
        return new DedupPage(bridge);
    }
    if (id == QLatin1String("brokers")) {
        return new BrokersPage(bridge);
    }
    if (id == QLatin1String("connections")) {
        return new ConnectionsPage(bridge);
    }
    return nullptr;
}

void connectPage(Page* page, QObject* window, std::function<void()> toggleDemo)
{
    if (auto* overview = qobject_cast<OverviewPage*>(page)) {
        QObject::connect(overview, &OverviewPage::demoToggleRequested, window,
                         std::move(toggleDemo));
    }
}

} // namespace gantry::ui
