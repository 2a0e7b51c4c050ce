// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"

#include <QCoreApplication>
#include <QMetaObject>
#include <QPointer>

#include <memory>
#include <utility>

namespace gantry::ui {

/// Wraps what shall happen with an answer so that it happens in the GUI thread, and only if
/// `context` still exists then. To be called in the GUI thread; the completion may be called in
/// any.
template <typename T, typename Handler>
[[nodiscard]] Completion<T> inGuiThread(QObject* context, Handler handler)
{
    auto guarded = std::make_shared<std::pair<QPointer<QObject>, Handler>>(
        QPointer<QObject>(context), std::move(handler));
    return [guarded](Result<T> result) mutable {
        QCoreApplication* application = QCoreApplication::instance();
        if (!application) {
            return;
        }
        auto shared = std::make_shared<Result<T>>(std::move(result));
        QMetaObject::invokeMethod(
            application,
            [guarded, shared] {
                if (guarded->first) {
                    guarded->second(std::move(*shared));
                }
            },
            Qt::QueuedConnection);
    };
}

} // namespace gantry::ui
