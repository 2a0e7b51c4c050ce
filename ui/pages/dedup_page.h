// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"
#include "ui/pages/page.h"

class QComboBox;
class QLabel;
class QPushButton;

namespace gantry::ui {

class DedupBalance;
class DedupModel;
class FilterChips;
class SearchField;
class TableView;

/// The SQLite dedup log: deliveries against effects, the mode in use, and the rows, live.
class DedupPage final : public Page
{
    Q_OBJECT
public:
    explicit DedupPage(EngineBridge* bridge, QWidget* parent = nullptr);

    void apply(const SnapshotPtr& snapshot) override;
    void refresh() override { reload(); }
    [[nodiscard]] QString missingForTour() const override;
    [[nodiscard]] TableView* list() const { return m_list; }
    [[nodiscard]] FilterChips* modes() const { return m_modes; }

private:
    [[nodiscard]] QWidget* buildTop();
    [[nodiscard]] QWidget* buildTable();
    void reload();
    void accept(std::uint64_t token, Result<gantry::DedupPage> result);
    void changeMode(int chip);
    void explainMode();
    void prune();

    DedupModel* m_entries;
    TableView* m_list = nullptr;
    DedupBalance* m_balance = nullptr;
    FilterChips* m_modes = nullptr;
    QLabel* m_modeText = nullptr;
    QComboBox* m_group = nullptr;
    SearchField* m_search = nullptr;
    QLabel* m_total = nullptr;
    QPushButton* m_more = nullptr;
    int m_countMax;
    std::uint64_t m_token = 0;
    bool m_isLoading = false;
    bool m_isChangingMode = false;
    std::int64_t m_loadedAtMs = 0;
    std::int64_t m_loadedDeliveries = -1;
};

} // namespace gantry::ui
