// A module that is no backend.
extern "C" int something_else() { return 0; }
