#include "wal/damage.h"

#include "wal/sqlite_log.h"

namespace troth::wal {

void damaged(const Database& db, const std::string& what) {
  throw OpenError{kExitDamaged, db.file() + ": " + what +
                                    "; nothing was changed. Run `trothctl log verify` to see what is proven and "
                                    "`trothctl log salvage` to keep it"};
}

void must_understand(const Database& db, const std::string& name, const std::string& reason) {
  if (reason.empty()) return;
  if (!reason.starts_with("newer format")) damaged(db, name + " cannot be understood: " + reason);
  throw OpenError{kExitForeign, db.file() + ": " + name + ": " + reason +
                                    "; nothing was changed. Start the newer version that wrote it"};
}

}  // namespace troth::wal
