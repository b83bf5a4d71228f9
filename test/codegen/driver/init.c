/* First and only process of a machine with KVM: applies every guest that is linked in, then powers off. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guests.h"

static struct guest *first;

void add_guest(struct guest *guest) {
  struct guest **at = &first;
  while (*at != NULL) at = &(*at)->next;
  *at = guest;
}

int main(void) {
  struct utsname system;
  const struct guest *guest;
  int guests = 0;
  int failed = 0;
  int console;
  mkdir("/dev", 0755);
  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  console = open("/dev/console", O_RDWR);
  if (console >= 0) {
    dup2(console, 1);
    dup2(console, 2);
  }
  uname(&system);
  printf("Linux %s\n", system.release);
  for (guest = first; guest != NULL; guest = guest->next) {
    printf("\nguest %s\n", guest->name);
    guests++;
    if (guest->apply() != 0) failed++;
    fflush(stdout);
  }
  printf("\n%d guests applied, %d failed\n", guests, failed);
  fflush(stdout);
  sync();
  reboot(RB_POWER_OFF);
  return 0;
}
