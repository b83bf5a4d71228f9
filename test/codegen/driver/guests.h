/* How guests and the driver find each other: each guest's object file adds itself before main. */
#ifndef GUESTS_H
#define GUESTS_H

struct guest {
  const char *name;
  /* Applies the guest's header to a new VM, lets it run and prints what it sees; 0: all is as promised. */
  int (*apply)(void);
  struct guest *next;
};

void add_guest(struct guest *guest);

#endif
