// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "message/message.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// A page of messages. Ordered by broker, queue and offset.
class MessageModel final : public RowModel<MessageExt>
{
public:
    enum ColumnIndex {
        Stored,
        Broker,
        Queue,
        Offset,
        Tag,
        Keys,
        Body,
        Size,
        Attempts,
        BornHost,
        MessageId
    };

    explicit MessageModel(QObject* parent = nullptr);
    void setMessages(std::vector<MessageExt> messages);

protected:
    [[nodiscard]] bool isBefore(const MessageExt& a, const MessageExt& b) const override;
    [[nodiscard]] bool looksSame(const MessageExt& a, const MessageExt& b) const override;
    [[nodiscard]] QString keyText(const MessageExt& row) const override;
    [[nodiscard]] QString filterText(const MessageExt& row) const override;
};

/// The start of a body on one line; what is not text is shown as hex.
[[nodiscard]] QString bodyPreview(const std::string& body);
/// Whether a body can be shown as text: valid UTF-8 without control characters.
[[nodiscard]] bool isText(const std::string& body);

} // namespace gantry::ui
