// trothd.
#include "coordinator/server/program.h"

int main(int argc, char** argv) {
  return troth::server::run_trothd(argc, argv);
}
