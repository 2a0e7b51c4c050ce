// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/bridge/engine_bridge.h"

#include <QWidget>

class QHBoxLayout;
class QVBoxLayout;

namespace gantry::ui {

class InlineMessage;

/// One page of the window. It only wires models, views and dialogs together. It gets snapshots
/// while it is visible, and the newest one when it is shown.
class Page : public QWidget
{
    Q_OBJECT
public:
    Page(EngineBridge* bridge, const QString& title, QWidget* parent = nullptr);

    virtual void apply(const SnapshotPtr& snapshot) = 0;
    /// Selects what a finding or a link names, now or as soon as it is there.
    virtual void select(const QString& object) { Q_UNUSED(object) }
    /// Reads again what does not come with the snapshots.
    virtual void refresh() {}
    /// Brings the page into the state a picture of it should show.
    virtual void prepareForTour() {}
    /// What the page still lacks to be worth a picture; empty when it shows live data.
    [[nodiscard]] virtual QString missingForTour() const = 0;
    [[nodiscard]] const QString& title() const { return m_title; }

Q_SIGNALS:
    void navigationRequested(const QString& page, const QString& object);

protected:
    void showEvent(QShowEvent* event) override;
    /// After apply() when the page comes into view.
    virtual void shown() {}

    [[nodiscard]] EngineBridge* bridge() const { return m_bridge; }
    [[nodiscard]] ClusterSession* session() const { return m_bridge->session(); }
    [[nodiscard]] const SnapshotPtr& snapshot() const { return m_bridge->latest(); }
    /// The row with the title; controls go to its right.
    [[nodiscard]] QHBoxLayout* headerRow() const { return m_header; }
    /// Below header and message strip.
    [[nodiscard]] QVBoxLayout* content() const { return m_content; }
    /// The page's strip for results and failures.
    [[nodiscard]] InlineMessage* messageStrip() const { return m_message; }
    void showError(const Error& error, const QString& context);

private:
    EngineBridge* m_bridge;
    QString m_title;
    QHBoxLayout* m_header;
    QVBoxLayout* m_content;
    InlineMessage* m_message;
};

} // namespace gantry::ui
