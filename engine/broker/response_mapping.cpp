// SPDX-License-Identifier: Apache-2.0
#include "broker/response_mapping.h"

namespace gantry {

ResponseCode responseCodeOf(Errc code)
{
    switch (code) {
    case Errc::InvalidArgument: return ResponseCode::InvalidParameter;
    case Errc::NotFound: return ResponseCode::TopicNotExist;
    case Errc::Busy: return ResponseCode::SystemBusy;
    case Errc::PermissionDenied: return ResponseCode::NoPermission;
    case Errc::Unavailable:
    case Errc::Cancelled:
    case Errc::DiskFull:
    case Errc::StorePoisoned: return ResponseCode::ServiceNotAvailable;
    case Errc::LimitExceeded: return ResponseCode::MessageIllegal;
    case Errc::Unsupported: return ResponseCode::RequestCodeNotSupported;
    default: return ResponseCode::SystemError;
    }
}

ResponseCode responseCodeOf(PutStatus status)
{
    switch (status) {
    case PutStatus::Ok: return ResponseCode::Success;
    case PutStatus::FlushDiskTimeout: return ResponseCode::FlushDiskTimeout;
    case PutStatus::ServiceNotAvailable: return ResponseCode::ServiceNotAvailable;
    case PutStatus::MessageIllegal:
    case PutStatus::PropertiesTooLarge: return ResponseCode::MessageIllegal;
    case PutStatus::CreateFileFailed:
    case PutStatus::Unknown: break;
    }
    return ResponseCode::SystemError;
}

} // namespace gantry
