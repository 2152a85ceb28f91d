// The least a process can do: nothing. Every other time is compared with this one.
    .globl _start
_start:
    mov x8, #94             // exit_group(0)
    mov x0, #0
    svc #0
    .section .note.GNU-stack,"",@progbits
