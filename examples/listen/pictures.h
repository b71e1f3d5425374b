#pragma once
// How a page shows what a recogniser hears.
#include <string>

#include "report/page.h"
#include "tasks/listen/training.h"

namespace grus::tasks::listen {

/// Returns sections: confusions, figures by word, mistakes, and pictures of sounds.
std::string pictures(const Figures& figures, const Hearing& hearing, report::Figures& drawn);
/// Returns the picture of one sound with what was heard.
std::string picture(const data::Recording& sound, const Heard& heard, const Hearing& hearing, report::Figures& drawn);

}  // namespace grus::tasks::listen
