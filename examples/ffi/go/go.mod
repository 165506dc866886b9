module entitle.example/conformance

go 1.18
