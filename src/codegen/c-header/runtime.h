#ifndef GUESTC_RUNTIME_H_1
#define GUESTC_RUNTIME_H_1

/*
 * What every generated header shares: the row of an operation table and the functions that carry it out.
 * The structures repeat the kernel's ABI, so that a <linux/kvm.h> older than an operation does not matter.
 * No allocation, no global state; the register list takes GUESTC_REGISTER_LIST_MAX * 8 bytes of stack.
 */

#ifdef __cplusplus
#define GUESTC_STATIC_ASSERT(condition, message) static_assert(condition, message)
#define GUESTC_CAST(type, value) (static_cast<type>(value))
#else
#define GUESTC_STATIC_ASSERT(condition, message) _Static_assert(condition, message)
#define GUESTC_CAST(type, value) ((type)(value))
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "guestc's payloads are little-endian"
#endif

/* Registers that KVM_GET_REG_LIST may name; a longer list is reported as E2BIG, never cut. */
#ifndef GUESTC_REGISTER_LIST_MAX
#define GUESTC_REGISTER_LIST_MAX 4096
#endif

/* Words of the widest register of the ONE_REG interface (2048 bits). */
#define GUESTC_WORDS_MAX 32

#define GUESTC_KVM_CREATE_VM UINT32_C(0x0000ae01)
#define GUESTC_KVM_CHECK_EXTENSION UINT32_C(0x0000ae03)
#define GUESTC_KVM_GET_ONE_REG UINT32_C(0x4010aeab)
#define GUESTC_KVM_SET_ONE_REG UINT32_C(0x4010aeac)
#define GUESTC_KVM_ARM_PREFERRED_TARGET UINT32_C(0x8020aeaf)
#define GUESTC_KVM_GET_REG_LIST UINT32_C(0xc008aeb0)

#define GUESTC_VCPU_POWER_OFF UINT32_C(0x1)

/* Architecture and class of a register id: arm64, firmware bitmap registers of any size. */
#define GUESTC_REGISTER_CLASS_MASK UINT64_C(0xff0000000fff0000)
#define GUESTC_BITMAP_CLASS UINT64_C(0x6000000000160000)

enum guestc_phase {
  GUESTC_PHASE_CREATE,
  GUESTC_PHASE_CHECK,
  GUESTC_PHASE_VM,
  GUESTC_PHASE_INIT,
  GUESTC_PHASE_LENGTHS,
  GUESTC_PHASE_FINALIZE,
  GUESTC_PHASE_REGISTERS,
  GUESTC_PHASE_DEVICES,
  GUESTC_PHASE_VERIFY
};

enum guestc_fd { GUESTC_FD_KVM, GUESTC_FD_VM, GUESTC_FD_VCPU };

enum guestc_kind {
  GUESTC_CREATE_VM,
  GUESTC_CHECK_EXTENSION,
  GUESTC_ENABLE_CAPABILITY,
  GUESTC_SET_COUNTER_OFFSET,
  GUESTC_VCPU_INIT,
  GUESTC_VCPU_FINALIZE,
  GUESTC_SET_REGISTER,
  GUESTC_CLEAR_UNKNOWN_BITMAPS,
  GUESTC_SET_DEVICE_ATTRIBUTE,
  GUESTC_VERIFY_REGISTER
};

/* A kernel without the register (ENOENT) satisfies the operation. */
#define GUESTC_ABSENT_IS_FINE 0x1
/* The register must be at least, not exactly, the value. */
#define GUESTC_AT_LEAST 0x2
/* KVM keeps it for the whole VM: made on vCPU 0 only. */
#define GUESTC_FIRST_VCPU_ONLY 0x4
/* Skipped where KVM_CHECK_EXTENSION answers 0 for the capability. */
#define GUESTC_IF_PRESENT 0x8

struct guestc_operation {
  uint8_t phase; /* enum guestc_phase */
  uint8_t fd;    /* enum guestc_fd */
  uint8_t kind;  /* enum guestc_kind */
  uint8_t flags; /* GUESTC_ABSENT_IS_FINE and the others above */
  uint32_t request;        /* number of the ioctl */
  const char *call;        /* its name */
  const char *name;        /* what is set */
  const char *source;      /* file:line:column of the statement that asked for it */
  uint64_t id;             /* register id, capability, device attribute, feature index or VM type */
  uint32_t group;          /* group of a device attribute */
  uint32_t words;          /* 64-bit words of a register, or entries of `list` */
  uint64_t mask;           /* bits that get `value`; registers of 64 bits only */
  uint64_t value;          /* of a register of 64 bits; least answer; vCPU features */
  const uint64_t *list;    /* mask then value of a wider register, known bitmap registers, capability arguments */
  const uint8_t *payload;  /* what the ioctl's address points to; NULL: nothing */
  uint32_t payload_size;   /* in bytes */
  uint64_t per_vcpu;       /* times the vCPU's number, is added to the payload's 64-bit value */
};

enum guestc_failure {
  GUESTC_OK,
  GUESTC_CALL_FAILED,   /* the ioctl failed: `error` is its errno */
  GUESTC_ANSWER_TOO_LOW, /* KVM_CHECK_EXTENSION answered less than `expected` */
  GUESTC_NOT_KEPT,      /* written and accepted, but reads back otherwise */
  GUESTC_NOT_AS_PROMISED, /* found otherwise by verify */
  GUESTC_LIST_TOO_LONG  /* more registers than GUESTC_REGISTER_LIST_MAX */
};

/* Why a function failed. All zero after success. */
struct guestc_error {
  enum guestc_failure failure;
  int error;                                /* errno of the failed call, else 0 */
  unsigned index;                           /* of the operation in its guest's table */
  unsigned vcpu;                            /* number of the vCPU */
  const struct guestc_operation *operation; /* phase, name, call, source */
  const char *call;                         /* the ioctl that failed, e.g. the read of a read-modify-write */
  uint64_t id;                              /* register or capability */
  uint64_t mask;                            /* bits that were to be written, or were compared */
  uint64_t expected;                        /* what was to be written, or is promised */
  uint64_t actual;
  unsigned word;                            /* which 64-bit word of a wide register differs */
};

struct guestc_one_reg {
  uint64_t id;
  uint64_t addr;
};

struct guestc_enable_cap {
  uint32_t cap;
  uint32_t flags;
  uint64_t args[4];
  uint8_t pad[64];
};

struct guestc_vcpu_init {
  uint32_t target;
  uint32_t features[7];
};

struct guestc_device_attr {
  uint32_t flags;
  uint32_t group;
  uint64_t attr;
  uint64_t addr;
};

struct guestc_register_list {
  uint64_t n;
  uint64_t id[GUESTC_REGISTER_LIST_MAX];
};

GUESTC_STATIC_ASSERT(sizeof(struct guestc_one_reg) == 16, "struct kvm_one_reg");
GUESTC_STATIC_ASSERT(sizeof(struct guestc_enable_cap) == 104, "struct kvm_enable_cap");
GUESTC_STATIC_ASSERT(sizeof(struct guestc_vcpu_init) == 32, "struct kvm_vcpu_init");
GUESTC_STATIC_ASSERT(sizeof(struct guestc_device_attr) == 24, "struct kvm_device_attr");

/* Where operations act. A descriptor that a function does not have is -1. */
struct guestc_where {
  int kvm_fd;
  int vm_fd;
  int vcpu_fd;
  unsigned vcpu;
  int power_off;
};

/* One operation under way. */
struct guestc_step {
  const struct guestc_operation *operation;
  unsigned index;
  const struct guestc_where *where;
  struct guestc_error *error;
};

static inline uint64_t guestc_address(const void *pointer) {
#ifdef __cplusplus
  return reinterpret_cast<uintptr_t>(pointer);
#else
  return (uintptr_t)pointer;
#endif
}

static inline int guestc_report(const struct guestc_step *step, enum guestc_failure failure, int error, const char *call,
                                uint64_t id) {
  if (step->error != NULL) {
    step->error->failure = failure;
    step->error->error = error;
    step->error->index = step->index;
    step->error->vcpu = step->where->vcpu;
    step->error->operation = step->operation;
    step->error->call = call;
    step->error->id = id;
  }
  return failure == GUESTC_CALL_FAILED || failure == GUESTC_LIST_TOO_LONG ? -error
         : failure == GUESTC_ANSWER_TOO_LOW                               ? -EOPNOTSUPP
                                                                          : -EBADMSG;
}

/* errno is copied at once, so that nothing that follows can change it. */
static inline int guestc_call_failed(const struct guestc_step *step, const char *call, uint64_t id) {
  return guestc_report(step, GUESTC_CALL_FAILED, errno, call, id);
}

static inline int guestc_differs(const struct guestc_step *step, enum guestc_failure failure, const char *call, uint64_t id,
                                 uint64_t mask, uint64_t expected, uint64_t actual, unsigned word) {
  if (step->error != NULL) {
    step->error->mask = mask;
    step->error->expected = expected;
    step->error->actual = actual;
    step->error->word = word;
  }
  return guestc_report(step, failure, 0, call, id);
}

static inline int guestc_fd_of(const struct guestc_step *step) {
  switch (step->operation->fd) {
    case GUESTC_FD_KVM:
      return step->where->kvm_fd;
    case GUESTC_FD_VM:
      return step->where->vm_fd;
    default:
      return step->where->vcpu_fd;
  }
}

static inline int guestc_get(int vcpu_fd, uint64_t id, uint64_t *words) {
  struct guestc_one_reg reg;
  reg.id = id;
  reg.addr = guestc_address(words);
  return ioctl(vcpu_fd, GUESTC_KVM_GET_ONE_REG, &reg);
}

static inline int guestc_set(int vcpu_fd, uint64_t id, const uint64_t *words) {
  struct guestc_one_reg reg;
  reg.id = id;
  reg.addr = guestc_address(words);
  return ioctl(vcpu_fd, GUESTC_KVM_SET_ONE_REG, &reg);
}

static inline uint64_t guestc_mask_word(const struct guestc_operation *operation, unsigned word) {
  return operation->list == NULL ? operation->mask : operation->list[word];
}

static inline uint64_t guestc_value_word(const struct guestc_operation *operation, unsigned word) {
  return operation->list == NULL ? operation->value : operation->list[operation->words + word];
}

static inline int guestc_absence_is_fine(const struct guestc_operation *operation) {
  return errno == ENOENT && (operation->flags & GUESTC_ABSENT_IS_FINE) != 0;
}

/* Reads the register and holds it against the operation's value; a difference is reported as `failure`. */
static inline int guestc_compare_register(const struct guestc_step *step, enum guestc_failure failure) {
  const struct guestc_operation *operation = step->operation;
  uint64_t actual[GUESTC_WORDS_MAX] = {0};
  unsigned left;
  if (guestc_get(step->where->vcpu_fd, operation->id, actual) < 0)
    return guestc_absence_is_fine(operation) ? 0 : guestc_call_failed(step, "KVM_GET_ONE_REG", operation->id);
  /* From the highest word down, so that the first one that differs decides the order. */
  for (left = operation->words; left > 0; left--) {
    const unsigned word = left - 1;
    const uint64_t mask = guestc_mask_word(operation, word);
    const uint64_t expected = guestc_value_word(operation, word) & mask;
    const uint64_t found = actual[word] & mask;
    if (found == expected) continue;
    if ((operation->flags & GUESTC_AT_LEAST) != 0 && found > expected) return 0;
    return guestc_differs(step, failure, "KVM_GET_ONE_REG", operation->id, mask, expected, found, word);
  }
  return 0;
}

static inline int guestc_set_register(const struct guestc_step *step) {
  const struct guestc_operation *operation = step->operation;
  uint64_t words[GUESTC_WORDS_MAX] = {0};
  unsigned word;
  int whole = 1;
  for (word = 0; word < operation->words; word++)
    if (guestc_mask_word(operation, word) != UINT64_MAX) whole = 0;
  if (!whole && guestc_get(step->where->vcpu_fd, operation->id, words) < 0)
    return guestc_absence_is_fine(operation) ? 0 : guestc_call_failed(step, "KVM_GET_ONE_REG", operation->id);
  for (word = 0; word < operation->words; word++) {
    const uint64_t mask = guestc_mask_word(operation, word);
    words[word] = (words[word] & ~mask) | (guestc_value_word(operation, word) & mask);
  }
  if (guestc_set(step->where->vcpu_fd, operation->id, words) < 0) {
    if (guestc_absence_is_fine(operation)) return 0;
    if (step->error != NULL) {
      step->error->mask = guestc_mask_word(operation, 0);
      step->error->expected = words[0];
    }
    return guestc_call_failed(step, "KVM_SET_ONE_REG", operation->id);
  }
  return guestc_compare_register(step, GUESTC_NOT_KEPT);
}

/* Sets every firmware bitmap register that the operation does not list to zero; with `write` 0, only looks. */
static inline int guestc_unknown_bitmaps(const struct guestc_step *step, int write) {
  static const uint64_t zero[GUESTC_WORDS_MAX] = {0};
  const struct guestc_operation *operation = step->operation;
  const int vcpu_fd = step->where->vcpu_fd;
  struct guestc_register_list list;
  uint64_t at;
  list.n = GUESTC_REGISTER_LIST_MAX;
  if (ioctl(vcpu_fd, GUESTC_KVM_GET_REG_LIST, &list) < 0)
    return errno == E2BIG ? guestc_report(step, GUESTC_LIST_TOO_LONG, E2BIG, "KVM_GET_REG_LIST", 0)
                          : guestc_call_failed(step, "KVM_GET_REG_LIST", 0);
  for (at = 0; at < list.n; at++) {
    const uint64_t id = list.id[at];
    uint64_t value[GUESTC_WORDS_MAX] = {0};
    unsigned word;
    int known = (id & GUESTC_REGISTER_CLASS_MASK) != GUESTC_BITMAP_CLASS;
    for (word = 0; word < operation->words && !known; word++) known = operation->list[word] == id;
    if (known) continue;
    if (write && guestc_set(vcpu_fd, id, zero) < 0) return guestc_call_failed(step, "KVM_SET_ONE_REG", id);
    if (guestc_get(vcpu_fd, id, value) < 0) return guestc_call_failed(step, "KVM_GET_ONE_REG", id);
    for (word = 0; word < GUESTC_WORDS_MAX; word++)
      if (value[word] != 0)
        return guestc_differs(step, write ? GUESTC_NOT_KEPT : GUESTC_NOT_AS_PROMISED, "KVM_GET_ONE_REG", id, UINT64_MAX,
                              0, value[word], word);
  }
  return 0;
}

static inline int guestc_enable_capability(const struct guestc_step *step) {
  const struct guestc_operation *operation = step->operation;
  struct guestc_enable_cap capability;
  unsigned word;
  if ((operation->flags & GUESTC_IF_PRESENT) != 0) {
    const int present =
        ioctl(guestc_fd_of(step), GUESTC_KVM_CHECK_EXTENSION, GUESTC_CAST(unsigned long, operation->id));
    if (present < 0) return guestc_call_failed(step, "KVM_CHECK_EXTENSION", operation->id);
    if (present == 0) return 0;
  }
  memset(&capability, 0, sizeof capability);
  capability.cap = GUESTC_CAST(uint32_t, operation->id);
  for (word = 0; word < operation->words; word++) capability.args[word] = operation->list[word];
  if (ioctl(guestc_fd_of(step), operation->request, &capability) < 0)
    return guestc_call_failed(step, operation->call, operation->id);
  return 0;
}

static inline int guestc_vcpu_initialise(const struct guestc_step *step) {
  const struct guestc_operation *operation = step->operation;
  struct guestc_vcpu_init init;
  memset(&init, 0, sizeof init);
  if (ioctl(step->where->vm_fd, GUESTC_KVM_ARM_PREFERRED_TARGET, &init) < 0)
    return guestc_call_failed(step, "KVM_ARM_PREFERRED_TARGET", 0);
  memset(init.features, 0, sizeof init.features);
  init.features[0] = GUESTC_CAST(uint32_t, operation->value) | (step->where->power_off ? GUESTC_VCPU_POWER_OFF : 0);
  if (ioctl(step->where->vcpu_fd, operation->request, &init) < 0)
    return guestc_call_failed(step, operation->call, operation->value);
  return 0;
}

static inline int guestc_set_device_attribute(const struct guestc_step *step) {
  const struct guestc_operation *operation = step->operation;
  struct guestc_device_attr attribute;
  uint64_t value = 0;
  memset(&attribute, 0, sizeof attribute);
  attribute.group = operation->group;
  attribute.attr = operation->id;
  if (operation->per_vcpu != 0 && operation->payload_size == sizeof value) {
    memcpy(&value, operation->payload, sizeof value);
    value += operation->per_vcpu * step->where->vcpu;
    attribute.addr = guestc_address(&value);
  } else if (operation->payload_size != 0) {
    attribute.addr = guestc_address(operation->payload);
  }
  if (ioctl(guestc_fd_of(step), operation->request, &attribute) < 0)
    return guestc_call_failed(step, operation->call, operation->id);
  return 0;
}

static inline int guestc_apply(const struct guestc_step *step) {
  const struct guestc_operation *operation = step->operation;
  int answer;
  int feature;
  switch (operation->kind) {
    case GUESTC_CHECK_EXTENSION:
      answer = ioctl(guestc_fd_of(step), operation->request, GUESTC_CAST(unsigned long, operation->id));
      if (answer < 0) return guestc_call_failed(step, operation->call, operation->id);
      if (GUESTC_CAST(uint64_t, answer) < operation->value)
        return guestc_differs(step, GUESTC_ANSWER_TOO_LOW, operation->call, operation->id, UINT64_MAX, operation->value,
                              GUESTC_CAST(uint64_t, answer), 0);
      return 0;
    case GUESTC_ENABLE_CAPABILITY:
      return guestc_enable_capability(step);
    case GUESTC_SET_COUNTER_OFFSET:
      if (ioctl(guestc_fd_of(step), operation->request, operation->payload) < 0)
        return guestc_call_failed(step, operation->call, 0);
      return 0;
    case GUESTC_VCPU_INIT:
      return guestc_vcpu_initialise(step);
    case GUESTC_VCPU_FINALIZE:
      feature = GUESTC_CAST(int, operation->id);
      if (ioctl(step->where->vcpu_fd, operation->request, &feature) < 0)
        return guestc_call_failed(step, operation->call, operation->id);
      return 0;
    case GUESTC_SET_REGISTER:
      return guestc_set_register(step);
    case GUESTC_CLEAR_UNKNOWN_BITMAPS:
      return guestc_unknown_bitmaps(step, 1);
    case GUESTC_SET_DEVICE_ATTRIBUTE:
      return guestc_set_device_attribute(step);
    default:
      return 0; /* GUESTC_CREATE_VM and GUESTC_VERIFY_REGISTER have functions of their own */
  }
}

/* What was written must still stand, and what is only promised must hold. */
static inline int guestc_verify(const struct guestc_step *step) {
  switch (step->operation->kind) {
    case GUESTC_SET_REGISTER:
    case GUESTC_VERIFY_REGISTER:
      return guestc_compare_register(step, GUESTC_NOT_AS_PROMISED);
    case GUESTC_CLEAR_UNKNOWN_BITMAPS:
      return guestc_unknown_bitmaps(step, 0);
    default:
      return 0;
  }
}

/* Does the operations of the phases `first` to `last`, or with `verify` looks at what they left; stops at the first failure. */
static inline int guestc_run(const struct guestc_operation *operations, unsigned count, enum guestc_phase first,
                             enum guestc_phase last, int verify, const struct guestc_where *where,
                             struct guestc_error *error) {
  unsigned index;
  if (error != NULL) memset(error, 0, sizeof *error);
  for (index = 0; index < count; index++) {
    struct guestc_step step;
    int result;
    if (operations[index].phase < first || operations[index].phase > last) continue;
    if ((operations[index].flags & GUESTC_FIRST_VCPU_ONLY) != 0 && where->vcpu != 0) continue;
    step.operation = &operations[index];
    step.index = index;
    step.where = where;
    step.error = error;
    result = verify ? guestc_verify(&step) : guestc_apply(&step);
    if (result < 0) return result;
  }
  return 0;
}

/* Descriptor of a new VM, or -errno. Without a KVM_CREATE_VM in the table the machine type is 0. */
static inline int guestc_create_vm(const struct guestc_operation *operations, unsigned count, int kvm_fd,
                                   struct guestc_error *error) {
  const struct guestc_operation *operation = NULL;
  unsigned long type = 0;
  unsigned index;
  unsigned at = 0;
  int vm_fd;
  if (error != NULL) memset(error, 0, sizeof *error);
  for (index = 0; index < count; index++)
    if (operations[index].kind == GUESTC_CREATE_VM) {
      operation = &operations[index];
      type = GUESTC_CAST(unsigned long, operation->id);
      at = index;
    }
  vm_fd = ioctl(kvm_fd, GUESTC_KVM_CREATE_VM, type);
  if (vm_fd < 0) {
    const int failed = errno;
    if (error != NULL) {
      error->failure = GUESTC_CALL_FAILED;
      error->error = failed;
      error->index = at;
      error->operation = operation;
      error->call = "KVM_CREATE_VM";
      error->id = type;
    }
    return -failed;
  }
  return vm_fd;
}

static inline const char *guestc_phase_name(unsigned phase) {
  static const char *const names[] = {"create",   "check",     "vm",      "init",  "lengths",
                                      "finalize", "registers", "devices", "verify"};
  return phase < sizeof names / sizeof *names ? names[phase] : "?";
}

/* Errors that KVM's configuration calls give; others by number only. */
static inline const char *guestc_errno_name(int error) {
  switch (error) {
    case EPERM: return "EPERM";
    case ENOENT: return "ENOENT";
    case EINTR: return "EINTR";
    case ENXIO: return "ENXIO";
    case E2BIG: return "E2BIG";
    case ENOEXEC: return "ENOEXEC";
    case EBADF: return "EBADF";
    case EAGAIN: return "EAGAIN";
    case ENOMEM: return "ENOMEM";
    case EFAULT: return "EFAULT";
    case EBUSY: return "EBUSY";
    case EEXIST: return "EEXIST";
    case ENODEV: return "ENODEV";
    case EINVAL: return "EINVAL";
    case ENOTTY: return "ENOTTY";
    case EOPNOTSUPP: return "EOPNOTSUPP";
    default: return "errno";
  }
}

/* One line without line end, NUL-terminated if `size` is not 0; the length that the whole line has, as snprintf. */
static inline int guestc_describe_error(const struct guestc_error *error, char *buffer, size_t size) {
  const struct guestc_operation *operation = error->operation;
  const char *source = operation == NULL ? "-" : operation->source;
  const char *phase = operation == NULL ? "create" : guestc_phase_name(operation->phase);
  const char *name = operation == NULL ? "VM" : operation->name;
  /* Cutting is what a short buffer asks for: the compiler need not warn of it where it knows the size. */
  const volatile size_t room = size;
  switch (error->failure) {
    case GUESTC_OK:
      return snprintf(buffer, room, "no error");
    case GUESTC_CALL_FAILED:
      if (error->mask != 0)
        return snprintf(buffer, room,
                        "%s: %s of %s (0x%016" PRIx64 ") with 0x%016" PRIx64 ", mask 0x%016" PRIx64
                        ", failed: %s (%d) [operation %u, phase %s, vCPU %u]",
                        source, error->call, name, error->id, error->expected, error->mask, guestc_errno_name(error->error),
                        error->error, error->index, phase, error->vcpu);
      return snprintf(buffer, room,
                      "%s: %s of %s (0x%016" PRIx64 ") failed: %s (%d) [operation %u, phase %s, vCPU %u]", source,
                      error->call, name, error->id, guestc_errno_name(error->error), error->error, error->index, phase,
                      error->vcpu);
    case GUESTC_ANSWER_TOO_LOW:
      return snprintf(buffer, room,
                      "%s: %s of %s (%" PRIu64 ") answered %" PRIu64 ", at least %" PRIu64
                      " is needed [operation %u, phase %s]",
                      source, error->call, name, error->id, error->actual, error->expected, error->index, phase);
    case GUESTC_NOT_KEPT:
    case GUESTC_NOT_AS_PROMISED:
      return snprintf(buffer, room,
                      "%s: %s (0x%016" PRIx64 ") %s 0x%016" PRIx64 " where 0x%016" PRIx64
                      " is wanted, mask 0x%016" PRIx64 ", word %u [operation %u, phase %s, vCPU %u]",
                      source, name, error->id,
                      error->failure == GUESTC_NOT_KEPT ? "was written but reads back" : "reads", error->actual,
                      error->expected, error->mask, error->word, error->index, phase, error->vcpu);
    case GUESTC_LIST_TOO_LONG:
      return snprintf(buffer, room,
                      "%s: the vCPU has more than %d registers, define GUESTC_REGISTER_LIST_MAX [operation %u, phase %s]",
                      source, GUESTC_REGISTER_LIST_MAX, error->index, phase);
  }
  return snprintf(buffer, room, "unknown failure");
}

#endif /* GUESTC_RUNTIME_H_1 */
