// Reads standard input to its end and exits: the least that a hook can do.
    .globl _start
_start:
    sub sp, sp, #65536
again:
    mov x8, #63             // read(0, sp, 65536)
    mov x0, #0
    mov x1, sp
    mov x2, #65536
    svc #0
    cmp x0, #0
    b.gt again
    mov x8, #94             // exit_group(0)
    mov x0, #0
    svc #0
    .section .note.GNU-stack,"",@progbits
