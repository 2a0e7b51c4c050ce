// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>
#include <vector>

class QObject;

namespace gantry::ui {

class EngineBridge;
class Page;

struct PageEntry
{
    QString id;
    QString icon;
    QString title;
};

/// The pages in the order of the navigation.
[[nodiscard]] const std::vector<PageEntry>& pageEntries();
/// Null for an id that is none.
[[nodiscard]] Page* makePage(const QString& id, EngineBridge* bridge);
/// Connects what a page may ask the window for.
void connectPage(Page* page, QObject* window, std::function<void()> toggleDemo);

} // namespace gantry::ui
