"""Makes the TensorFlow files of this folder, and prints the parameters that Keras counts."""

import shutil
from pathlib import Path

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

layers = tf.keras.layers


def make_cnn():
    x = image = tf.keras.Input((16, 16, 3), name="image")
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.Activation("swish")(layers.DepthwiseConv2D(3, padding="same")(x))
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x)
    x = layers.MaxPooling2D(2)(layers.Conv2D(8, 3, groups=2)(x))
    x = layers.GlobalAveragePooling2D()(x)
    return tf.keras.Model(image, layers.Dense(10, activation="softmax")(x))


def make_mlp():
    row = tf.keras.Input((20,), name="row")
    return tf.keras.Model(row, layers.Dense(3)(layers.Dense(16, activation="gelu")(row)))


def make_encoder():
    ids = tf.keras.Input((12,), dtype="int32", name="ids")
    x = layers.Embedding(50, 16)(ids)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x))
    inner = layers.Dense(16)(layers.Dense(32, activation="gelu")(x))
    return tf.keras.Model(ids, layers.LayerNormalization()(x + inner))


def make_lstm():
    sequence = tf.keras.Input((7, 5), name="sequence")
    return tf.keras.Model(sequence, layers.Dense(2)(layers.LSTM(6)(sequence)))


class Branches(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones((4, 6)), name="w")
        self.counter = tf.Variable(0, dtype=tf.int64, trainable=False)

    @tf.function(input_signature=[tf.TensorSpec((None, 4))])
    def run(self, x):
        if tf.reduce_sum(x) > 0:  # noqa: SIM108  a branch is what is wanted
            y = x @ self.w
        else:
            y = tf.zeros((1, 6))
        return {"y": y}

    @tf.function(input_signature=[tf.TensorSpec((3, 4))])
    def loop(self, x):
        for _ in tf.range(5):
            x = tf.tanh(x @ self.w @ tf.transpose(self.w))
        return {"z": x}


def freeze(model):
    spec = tf.TensorSpec((1, *model.input.shape[1:]), model.input.dtype)
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(spec)
    return convert_variables_to_constants_v2(function).graph.as_graph_def()


def make_old():
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, (None, 8), name="x")
        w = v1.get_variable("w", (8, 4), use_resource=False)
        b = v1.get_variable("b", (4,), use_resource=True)
        y = tf.identity(tf.nn.relu(tf.matmul(x, w) + b), name="y")
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, "old")
        builder = v1.saved_model.Builder("old_text")
        signature = v1.saved_model.predict_signature_def({"x": x}, {"y": y})
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save(as_text=True)


def main():
    for make in (make_cnn, make_mlp, make_encoder, make_lstm):
        model, name = make(), make.__name__.removeprefix("make_")
        model.export(name, verbose=False)
        graph = freeze(model)
        Path(f"{name}.pb").write_bytes(graph.SerializeToString())
        tf.io.write_graph(graph, ".", f"{name}.pbtxt", as_text=True)
        print(name, model.count_params())
    shutil.move("mlp", "dense")
    module = Branches()
    signatures = {"serving_default": module.run, "loop": module.loop}
    tf.saved_model.save(module, "branches", signatures=signatures)
    make_old()


if __name__ == "__main__":
    main()
