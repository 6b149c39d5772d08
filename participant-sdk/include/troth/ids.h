// troth/ids.h: in the source tree, the ids of proto/values; an installed SDK has that very file in this place.
#pragma once
#include "../../../proto/values/ids.h"
