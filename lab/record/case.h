/*
 * One case of a script: a VM, its vCPUs, devices and memory. Every step prints one answer, on one line; the words
 * of steps and answers are described in docs/recordings.md.
 */
#ifndef CASE_H
#define CASE_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define MOST_WORDS 48
#define MOST_VCPUS 4
#define MOST_DEVICES 16
#define MOST_MEMORIES 8
/* The widest register of KVM: 2048 bits. */
#define WIDEST_REGISTER 256

struct memory {
  void *at;
  uint64_t size;
};

struct vcpu {
  int fd; /* -1: there is none */
  struct kvm_run *run;
};

/* A step of a script: its words. Words that are missing read as "" and as 0. */
struct step {
  const char *words[MOST_WORDS];
  unsigned count;
};

extern int kvm;
extern int vm; /* -1: there is none */
extern struct vcpu vcpus[MOST_VCPUS];
extern unsigned char *guest_memory;

/* machine.c */
void begin_case(void);
struct vcpu *vcpu_of(const struct step *step, unsigned word);
int device_named(const char *name);
void create_vm(const struct step *step);
void check_extension(const struct step *step);
void enable_capability(const struct step *step);
void add_memory(const struct step *step);
void create_vcpu(const struct step *step);
void preferred_target(const struct step *step);
void init_vcpu(const struct step *step);
void offer_features(const struct step *step);
void finalize_vcpu(const struct step *step);
void create_device(const struct step *step);
void set_counter_offset(const struct step *step);
void get_mp_state(const struct step *step);
void set_mp_state(const struct step *step);
void get_events(const struct step *step);
void set_events(const struct step *step);

/* registers.c */
void volatile_register(const struct step *step);
void get_register(const struct step *step);
void set_register(const struct step *step);
void put_field(const struct step *step);
void try_field(const struct step *step);
void list_registers(const struct step *step);
void dump_registers(const struct step *step);
void writable_masks(const struct step *step);

/* attributes.c */
void has_attribute(const struct step *step);
void get_attribute(const struct step *step);
void set_attribute(const struct step *step);
void set_filter(const struct step *step);

/* guest.c */
void ask(const struct step *step);
void run_vcpu(const struct step *step);
void answer_asked(void);
void close_guest(unsigned index);

/* answer.c */
const char *word(const struct step *step, unsigned index);
uint64_t number(const struct step *step, unsigned index);
/* An even count of hexadecimal digits to bytes; how many, -1 if it is none. */
int bytes_of(const char *digits, unsigned char *bytes, unsigned most);
const char *error_name(int error);
void absent(void);                    /* the step names a thing that is not there */
void answer_call(int result);         /* of a call that gives nothing: ok, or the error */
void answer_number(int result, uint64_t value); /* of a call that gives a number */
void print_value(const unsigned char *bytes, unsigned size); /* little-endian, of any width */

#endif
