# Reads standard input to its end and exits: the least that a hook can do.
    .globl _start
_start:
    sub $65536, %rsp
again:
    xor %eax, %eax          # read(0, rsp, 65536)
    xor %edi, %edi
    mov %rsp, %rsi
    mov $65536, %edx
    syscall
    test %rax, %rax
    jg again
    mov $231, %eax          # exit_group(0)
    xor %edi, %edi
    syscall
    .section .note.GNU-stack,"",@progbits
