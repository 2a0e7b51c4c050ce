// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "message/message.h"

#include <QTabWidget>

namespace gantry::ui {

class FieldTable;
class PayloadView;

/// One message: body, properties, and every field the broker stored.
class MessageDetail final : public QTabWidget
{
    Q_OBJECT
public:
    explicit MessageDetail(const QString& stateKey, QWidget* parent = nullptr);
    void setMessage(const MessageExt& message);
    void clearMessage();
    [[nodiscard]] PayloadView* payload() const { return m_payload; }
    [[nodiscard]] FieldTable* properties() const { return m_properties; }
    [[nodiscard]] FieldTable* fields() const { return m_fields; }

private:
    PayloadView* m_payload;
    FieldTable* m_properties;
    FieldTable* m_fields;
};

} // namespace gantry::ui
