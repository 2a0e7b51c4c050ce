// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/qt_convert.h"

#include <QCoreApplication>

namespace gantry::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Error", text);
}

QString remedyFor(Errc code)
{
    switch (code) {
    case Errc::AddressInUse:
        return tr("Another program, perhaps another Gantry or a broker, uses this port. Stop it, "
                  "or start Gantry with --any-ports.");
    case Errc::Locked:
        return tr("Another process works on this data directory. Close it, or start Gantry with "
                  "--data and another directory.");
    case Errc::PermissionDenied:
        return tr(
            "Check who owns the directory and its permissions, or choose another one with --data.");
    case Errc::DiskFull:
        return tr("Free some space on the disk that holds the data directory; writing goes on by "
                  "itself.");
    case Errc::Corruption:
        return tr("The files were left as they are. Move them away or choose another directory "
                  "with --data.");
    case Errc::StorePoisoned:
        return tr("A write or sync failed earlier. Check the disk, then restart the broker.");
    case Errc::Timeout:
    case Errc::Unavailable:
    case Errc::Busy:
        return tr("Try again in a moment.");
    case Errc::ConnectFailed:
    case Errc::ConnectionClosed:
        return tr("Check that the broker or NameServer runs and can be reached at this address.");
    case Errc::Unsupported:
        return tr("This cluster does not offer it.");
    default:
        return {};
    }
}

} // namespace

ErrorText errorText(const Error& error)
{
    QString what = toQt(error.message);
    if (what.isEmpty()) {
        what = toQt(toString(error.code));
    }
    what[0] = what[0].toUpper();
    return {what, remedyFor(error.code)};
}

} // namespace gantry::ui
