// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/dialogs/form_dialog.h"

#include <cstdint>

class QComboBox;

namespace gantry::ui {

/// How old rows of the dedup log must be to be deleted.
class PruneDialog final : public FormDialog
{
    Q_OBJECT
public:
    explicit PruneDialog(QWidget* parent = nullptr);
    [[nodiscard]] std::int64_t olderThanMs() const;

private:
    QComboBox* m_age;
};

} // namespace gantry::ui
