# From sources to token files. Children depend on digests, so data that is made again with equal content does not ripple.


# What is fetched is known by its sha256, so newer code of this rule fetches nothing again: it is no parameter here.
rule fetch_release:
    output:
        record="<downloads>/{release}/{way}/record.json",
        digest="<downloads>/{release}/{way}/digest",
    log:
        "<downloads>/logs/{release}/{way}.log",
    benchmark:
        "<downloads>/benchmarks/{release}/{way}.jsonl"
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        spec=lambda w: plan.downloads.spec(w.release, w.way).text(),
        folder=subpath(output.digest, parent=True),
    shell:
        "launch fetch_release --spec {params.spec:q} --out {params.folder} 2>&1 | tee {log}"


rule prepare_records:
    input:
        lambda w: plan.records.inputs(w.data, w.split),
    output:
        records="<results>/records/{data}/{split}.parquet",
        record="<results>/records/{data}/{split}.json",
        digest="<results>/records/{data}/{split}.digest",
    log:
        "<results>/logs/records/{data}/{split}.log",
    benchmark:
        "<results>/benchmarks/records/{data}/{split}.jsonl"
    conda:
        "../envs/xstilts.yaml"
    resources:
        mem_mb=plan.asks.mem_mb("prepare_records"),
        runtime=plan.asks.runtime("prepare_records"),
        disk_mb=plan.asks.disk_mb("prepare_records"),
    params:
        spec=lambda w: plan.records.spec(w.data, w.split).text(),
        code=lambda w: plan.records.code(w.data, w.split),
    shell:
        """
        launch prepare --spec {params.spec:q} --code {params.code} \
            --out {output.records} &>{log}
        """


rule train_tokenizer:
    input:
        records=ancient(lambda w: plan.tokenizers.text(w.tokenizer, "parquet")),
        digest=lambda w: plan.tokenizers.text(w.tokenizer, "digest"),
    output:
        tokenizer="<results>/tokenizers/{tokenizer}/tokenizer.json",
        config="<results>/tokenizers/{tokenizer}/tokenizer_config.json",
        record="<results>/tokenizers/{tokenizer}/record.json",
        digest="<results>/tokenizers/{tokenizer}/digest",
    log:
        "<results>/logs/tokenizers/{tokenizer}.log",
    benchmark:
        "<results>/benchmarks/tokenizers/{tokenizer}.jsonl"
    conda:
        "../envs/xstilts.yaml"
    resources:
        mem_mb=plan.asks.mem_mb("train_tokenizer"),
        runtime=plan.asks.runtime("train_tokenizer"),
        disk_mb=plan.asks.disk_mb("train_tokenizer"),
    params:
        spec=lambda w: plan.tokenizers.spec(w.tokenizer).text(),
        code=lambda w: plan.tokenizers.code(w.tokenizer),
        folder=subpath(output.digest, parent=True),
    shell:
        """
        launch train_tokenizer --spec {params.spec:q} --code {params.code} \
            --records {input.records} --out {params.folder} &>{log}
        """


rule encode_tokens:
    input:
        records=ancient("<results>/records/{data}/{split}.parquet"),
        digest="<results>/records/{data}/{split}.digest",
        tokenizer=ancient(lambda w: plan.tokenizers.folder(w.tokenizer) / "tokenizer.json"),
        tokenizer_digest=lambda w: plan.tokenizers.folder(w.tokenizer) / "digest",
        labels=ancient(lambda w: plan.tokens.labels_from(w.data)),
        labels_digest=lambda w: [path.with_suffix(".digest") for path in plan.tokens.labels_from(w.data)],
    output:
        tokens="<results>/tokens/{tokenizer}/{data}/{split}.arrow",
        record="<results>/tokens/{tokenizer}/{data}/{split}.json",
        digest="<results>/tokens/{tokenizer}/{data}/{split}.digest",
    log:
        "<results>/logs/tokens/{tokenizer}/{data}/{split}.log",
    benchmark:
        "<results>/benchmarks/tokens/{tokenizer}/{data}/{split}.jsonl"
    conda:
        "../envs/xstilts.yaml"
    resources:
        mem_mb=plan.asks.mem_mb("encode_tokens"),
        runtime=plan.asks.runtime("encode_tokens"),
        disk_mb=plan.asks.disk_mb("encode_tokens"),
    params:
        spec=lambda w: plan.tokens.spec(w.data, w.split).text(),
        code=lambda w: plan.tokens.code(w.tokenizer, w.data, w.split),
        labels=lambda w: " ".join(f"--labels-from {path}" for path in plan.tokens.labels_from(w.data)),
    shell:
        """
        launch encode_tokens --spec {params.spec:q} --code {params.code} \
            --records {input.records} --tokenizer {input.tokenizer} {params.labels} --out {output.tokens} &>{log}
        """
