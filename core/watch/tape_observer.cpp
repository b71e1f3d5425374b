#include "core/watch/tape_observer.h"

#include <algorithm>

namespace grus {

TapeObserverScope::TapeObserverScope(TapeObserver& observer) : observer_(observer) {
  tape_observers().push_back(&observer);
}

TapeObserverScope::~TapeObserverScope() {
  auto& observers = tape_observers();
  if (const auto found = std::find(observers.begin(), observers.end(), &observer_); found != observers.end())
    observers.erase(found);
}

}  // namespace grus
